import { asError } from '../errors.js'
import type { Lake } from '../pipeline/lake/index.js'
import { redact, terminalLine } from '../telemetry/index.js'
import type { Arguments } from './arguments/index.js'
import { CliError } from './cliError.js'
import type { CommandContext } from './commandContext.js'

const defaultSeconds = 10

/** Cursor to the corner, and everything below it gone. */
const clearScreen = '\u001b[H\u001b[2J'

/** The option of a command that prints again and again. */
export const watchOption = { about: 'again and again, every 10 seconds, or --watch 5' }

/**
 * The seconds behind `--watch`, 10 without; undefined when it is not given.
 * @throws CliError USAGE
 */
export function watchSeconds(args: Arguments, command: string): number | undefined {
  const text = args.positionals[0]
  if (text === undefined) return args.flag('watch') ? defaultSeconds : undefined
  const seconds = Number(text)
  if (!args.flag('watch') || !/^\d+(\.\d+)?$/.test(text) || seconds < 1 || seconds > 86_400)
    throw new CliError(
      'USAGE',
      `"${text}" is one argument too many: lake ${command} takes seconds, from 1 to 86400, behind --watch only.`,
    )
  return seconds
}

/**
 * Prints until Ctrl-C, on a terminal in the place of the last. What keeps one reading from being made keeps the next
 * from nothing.
 * @throws CliError INTERRUPTED, OUTPUT_CLOSED
 */
export async function watch<T>(
  context: CommandContext,
  lake: Lake,
  seconds: number,
  read: () => Promise<T>,
  print: (read: T) => Promise<void>,
): Promise<never> {
  for (;;) {
    try {
      const found = await read()
      if (context.output.isTerminal) await context.output.control(clearScreen)
      await print(found)
    } catch (thrown) {
      if (thrown instanceof CliError) throw thrown
      await context.messages.write(`${terminalLine(redact(asError(thrown).message))}\n`)
    }
    // The signal's reason is thrown: Ctrl-C ends the wait at once.
    await lake.clock.sleep(seconds * 1000, context.signal)
  }
}
