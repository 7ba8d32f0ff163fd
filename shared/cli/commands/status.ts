import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { faultsOf, readStatus, type StatusReport } from '../../pipeline/status/index.js'
import { redact, terminalLine } from '../../telemetry/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { type Format, formatOf, printRecords, statusColumns, statusRecords, statusText } from '../output/index.js'

const defaultSeconds = 10

/** Cursor to the corner, and everything below it gone. */
const clearScreen = '\u001b[H\u001b[2J'

/**
 * `lake status`: what the monitor last saw.
 * @throws CliError STEP_FAILED after the list when a table is DEGRADED or STALE, or the monitor is silent
 */
export const status: Command = {
  usage: 'status',
  summary: 'is the data fresh and complete: a verdict a table',
  about:
    'Prints what the monitor last saw of each table: OK, LATE, STALE or DEGRADED, the sentence why, since when, and the ' +
    'command that repairs it where one is known; how old the newest event is, what waits in Kafka and how long it takes, ' +
    'rejected records and how many of them are in quarantine, whether the counts reconcile, files, and ' +
    'versions since a checkpoint. A monitor that has not run for two turns of its schedule is a fault too. Reads ' +
    'monitor_logs only. Exits with 1 when a table is DEGRADED or STALE, when one was never looked at, or when the monitor ' +
    'is silent. --watch prints it again until Ctrl-C; a number behind it says after how many seconds (10 without).',
  printsRows: true,
  examples: ['lake status', 'lake status --stream events --format jsonl', 'lake status --watch 5'],
  positionals: { least: 0, most: 1 },
  options: {
    stream: { value: 'NAME', about: 'only the tables of that stream' },
    watch: { about: 'again and again, every 10 seconds, or --watch 5' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const seconds = secondsOf(args)
    await using lake = await openCliLake(context, args)
    const only = args.text('stream')
    const streams = only === undefined ? lake.streams : [streamNamed(lake, only)]
    if (seconds === undefined) {
      const faults = faultsOf(await printStatus(context, format, lake, streams))
      if (faults.length > 0) throw new CliError('STEP_FAILED', `Not in order: ${faults.join(', ')}.`)
    } else await watch(context, format, lake, streams, seconds)
  },
}

/** @throws CliError USAGE */
function secondsOf(args: Arguments): number | undefined {
  const text = args.positionals[0]
  if (text === undefined) return args.flag('watch') ? defaultSeconds : undefined
  const seconds = Number(text)
  if (!args.flag('watch') || !/^\d+(\.\d+)?$/.test(text) || seconds < 1 || seconds > 86_400)
    throw new CliError(
      'USAGE',
      `"${text}" is one argument too many: lake status takes seconds, from 1 to 86400, behind --watch only.`,
    )
  return seconds
}

async function printStatus(
  context: CommandContext,
  format: Format,
  lake: Lake,
  streams: readonly Stream[],
  isAgain = false,
): Promise<StatusReport> {
  const report = await readStatus(lake, streams)
  if (isAgain && context.output.isTerminal) await context.output.control(clearScreen)
  if (format === 'table') await context.output.write(statusText(report))
  else await printRecords(context.output, format, statusColumns, statusRecords(report))
  return report
}

/** What keeps one reading from being made keeps the next from nothing. @throws CliError INTERRUPTED, OUTPUT_CLOSED */
async function watch(
  context: CommandContext,
  format: Format,
  lake: Lake,
  streams: readonly Stream[],
  seconds: number,
): Promise<never> {
  for (;;) {
    try {
      await printStatus(context, format, lake, streams, true)
    } catch (thrown) {
      if (thrown instanceof CliError) throw thrown
      await context.messages.write(`${terminalLine(redact(asError(thrown).message))}\n`)
    }
    // The signal's reason is thrown: Ctrl-C ends the wait at once.
    await lake.clock.sleep(seconds * 1000, context.signal)
  }
}
