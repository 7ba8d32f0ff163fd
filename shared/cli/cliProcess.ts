import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { CliError } from './cliError.js'
import { runCommandLine } from './commandLine.js'
import { StreamOutput } from './output/index.js'

/** The checkout: this file is compiled to dist/shared/cli. */
const projectFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

/** How long what is under way may take to end after Ctrl-C. */
const graceMs = 5_000

/** Runs this process's command line, and ends the process. */
export async function runProcess(): Promise<void> {
  const output = new StreamOutput(process.stdout)
  const messages = new StreamOutput(process.stderr)
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(130)
      interruption.abort(new CliError('INTERRUPTED', 'Interrupted.'))
      // Steps may be cut off anywhere: what they had not committed is done by the next.
      setTimeout(() => process.exit(130), graceMs).unref()
    })
  }
  const code = await Promise.race([
    runCommandLine(
      {
        output,
        messages,
        input: process.stdin,
        environment: process.env,
        projectFolder,
        workingFolder: workingFolder(),
        signal: interruption.signal,
      },
      process.argv.slice(2),
    ),
    new Promise<number>(resolve => {
      interruption.signal.addEventListener('abort', () => setTimeout(resolve, graceMs, 130).unref())
    }),
  ])
  await Promise.all([output.end(), messages.end()])
  process.exit(code)
}

/** `npm run lake` changes to the checkout first and keeps in INIT_CWD where the user was. */
function workingFolder(): string {
  const { INIT_CWD, npm_lifecycle_event: script } = process.env
  return script === 'lake' && INIT_CWD !== undefined && INIT_CWD !== '' ? INIT_CWD : process.cwd()
}
