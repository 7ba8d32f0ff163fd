import { faultsOf, readStatus, type StatusReport } from '../../pipeline/status/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { type Format, formatOf, printRecords, statusColumns, statusRecords, statusText } from '../output/index.js'
import { watch, watchOption, watchSeconds } from '../watching.js'

/**
 * `lake status`: what the monitor last saw.
 * @throws CliError STEP_FAILED after the list when a table is DEGRADED or STALE, or the monitor is silent
 */
export const status: Command = {
  usage: 'status',
  summary: 'is the data fresh and complete: a verdict a table',
  about:
    'Prints what the monitor last saw of each table: OK, LATE, STALE, DEGRADED or PAUSED, the sentence why, since when, and the ' +
    'command that repairs it where one is known; how old the newest event is, what waits in Kafka and how long it takes, ' +
    'rejected records and how many of them are in quarantine, whether the counts reconcile, files, and ' +
    'versions since a checkpoint. A monitor that has not run for two turns of its schedule is a fault too. Reads ' +
    'monitor_logs, and which streams are paused. Exits with 1 when a table is DEGRADED or STALE, when one was never looked at, or when the monitor ' +
    'is silent. --watch prints it again until Ctrl-C; a number behind it says after how many seconds (10 without).',
  printsRows: true,
  examples: ['lake status', 'lake status --stream events --format jsonl', 'lake status --watch 5'],
  positionals: { least: 0, most: 1 },
  options: {
    stream: { value: 'NAME', about: 'only the tables of that stream' },
    watch: watchOption,
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const seconds = watchSeconds(args, 'status')
    await using lake = await openCliLake(context, args)
    const only = args.text('stream')
    const streams = only === undefined ? lake.streams : [streamNamed(lake, only)]
    const read = () => readStatus(lake, streams)
    const print = (report: StatusReport) => printStatus(context, format, report)
    if (seconds !== undefined) await watch(context, lake, seconds, read, print)
    const report = await read()
    await print(report)
    const faults = faultsOf(report)
    if (faults.length > 0) throw new CliError('STEP_FAILED', `Not in order: ${faults.join(', ')}.`)
  },
}

async function printStatus(context: CommandContext, format: Format, report: StatusReport): Promise<void> {
  if (format === 'table') await context.output.write(statusText(report))
  else await printRecords(context.output, format, statusColumns, statusRecords(report))
}
