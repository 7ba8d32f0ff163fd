import { durationForms, parseDuration } from '../../contract/index.js'
import { readCost } from '../../pipeline/cost/index.js'
import { dayMs } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import {
  costColumns,
  costRecords,
  costSummary,
  costText,
  formatOf,
  printRecords,
  shortCostColumns,
  tableCostColumns,
  tableCostRecords,
} from '../output/index.js'
import { timeOption } from '../tables/index.js'

/** `lake cost`: what the runs in `cluster_logs` would cost on Azure. */
export const cost: Command = {
  usage: 'cost',
  summary: 'what the pipeline costs, per million events, by step and by table',
  about:
    'Adds up the runs in cluster_logs by the prices in the settings: per million events and per GB, by step and stream and ' +
    'by table (the runs that write it, and those that maintain it), split into compute (executions and GB-seconds, each execution at least for its least time), storage operations by ' +
    'kind, and maintenance. Names the largest lever, projects a month, and prints the conditions: prices with their ' +
    'settings, time, number of runs. An estimate by list prices, not a bill. JSON lines are the steps, all together, and ' +
    'a record with the rest; with --by table the tables.',
  printsRows: true,
  examples: [
    'lake cost',
    'lake cost --since "1 day"',
    'lake cost --by table',
    'lake cost --since 2025-04-01 --format csv',
  ],
  positionals: { least: 0, most: 0 },
  options: {
    by: { value: 'step|table', about: 'only what each step, or each table, costs; both when absent, as a table' },
    since: { value: '"TIME"', about: 'runs that ended since then: 7d, "12 hours", or a time; 7d when absent' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const report = await readCost(lake, sinceOf(args, await lake.store.now()))
    if (report === undefined)
      throw new CliError(
        'NOT_FOUND',
        'There is no table cluster_logs yet: the monitor makes it. `lake run monitor` runs it once.',
      )
    const by = args.oneOf('by', ['step', 'table'])
    if (by === 'table') {
      await printRecords(context.output, format, tableCostColumns, tableCostRecords(report))
      return
    }
    const records = costRecords(report)
    if (format === 'jsonl') {
      await printRecords(context.output, format, costColumns, [...records, costSummary(report)])
      return
    }
    const columns = format === 'table' ? shortCostColumns : costColumns
    if (format !== 'table' || report.span !== undefined) await printRecords(context.output, format, columns, records)
    if (format !== 'table') return
    if (by === undefined && report.span !== undefined) {
      await context.output.write('\n')
      await printRecords(context.output, format, tableCostColumns, tableCostRecords(report))
    }
    await context.output.write(costText(report))
  },
}

const defaultMs = 7 * dayMs

/** Milliseconds since 1970. @throws CliError USAGE for what is neither a duration nor a time */
function sinceOf(args: Arguments, now: number): number {
  const text = args.text('since')
  if (text === undefined) return now - defaultMs
  const duration = parseDuration(text)
  if (duration !== null) return now - duration
  try {
    return timeOption(args, 'since') ?? now - defaultMs
  } catch {
    throw new CliError(
      'USAGE',
      `--since ${text} is neither a duration (${durationForms}) nor a time as 2025-04-01T12:00:00Z or 2025-04-01.`,
    )
  }
}
