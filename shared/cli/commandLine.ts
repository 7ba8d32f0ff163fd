import { asError } from '../errors.js'
import { redact, terminalText } from '../telemetry/index.js'
import { Arguments } from './arguments/index.js'
import { CliError } from './cliError.js'
import type { CommandContext } from './commandContext.js'
import { commandHelp, generalHelp } from './commandHelp.js'
import { commands } from './commandList.js'

/**
 * Runs one command line (without `node` and the program's name). @returns the exit code
 *
 * Results go to the output; what went wrong goes to the messages, in one sentence.
 */
export async function runCommandLine(context: CommandContext, words: readonly string[]): Promise<number> {
  try {
    await dispatch(context, words)
    return 0
  } catch (thrown) {
    if (thrown instanceof CliError && thrown.code === 'OUTPUT_CLOSED') return 0
    if (context.signal.aborted) return 130
    const error = asError(thrown)
    const text = words.includes('--debug') ? fullText(error) : `error: ${oneSentence(error.message)}`
    await context.messages.write(terminalText(redact(`${text}\n`))).catch(() => undefined)
    return 1
  }
}

async function dispatch(context: CommandContext, words: readonly string[]): Promise<void> {
  const [name, ...rest] = words
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const all = await Promise.all(Object.values(commands).map(load => load()))
    if (name === undefined)
      throw new CliError(
        'USAGE',
        `A command is missing; there are ${Object.keys(commands).join(', ')}. See: lake --help`,
      )
    await context.output.write(generalHelp(all))
    return
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    throw new CliError(
      'USAGE',
      `"${name}" is not a command; there are ${Object.keys(commands).join(', ')}. See: lake --help`,
    )
  }
  const command = await load()
  const args = Arguments.parse(
    name,
    command,
    rest.map(word => (word === '-h' ? '--help' : word)),
  )
  if (args.flag('help')) await context.output.write(commandHelp(command))
  else await command.run(context, args)
}

/** What several lines say, in one, without DuckDB's drawing of where in the query it is. */
function oneSentence(message: string): string {
  const text = message.replace(/\s*\nLINE \d+:[^]*$/, '')
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .join(' ')
}

function fullText(error: Error): string {
  const cause = error.cause === undefined ? '' : `\ncaused by: ${fullText(asError(error.cause))}`
  return `${error.stack ?? error.message}${cause}`
}
