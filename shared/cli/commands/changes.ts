import type { DeltaTable } from '../../delta/index.js'
import { folderOpener } from '../../pipeline/lake/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRows } from '../output/index.js'
import { externalLocationOptions, noTable, openTable, timeOption } from '../tables/index.js'

/**
 * `lake changes`: both ends of the range are part of it.
 * @throws CliError USAGE for a range that is none
 */
export const changes: Command = {
  usage: 'changes <table>',
  summary: 'print the rows that versions changed',
  about:
    'Prints the rows that some versions inserted, updated and deleted, oldest first, of a table that keeps a change data ' +
    'feed (delta.enableChangeDataFeed): its columns, then _change_type (insert, delete, update_preimage, ' +
    'update_postimage), _commit_version and _commit_timestamp.',
  printsRows: true,
  examples: ['lake changes ./sales --from 2', "lake changes ./sales --from-timestamp '2025-04-01 12:00:00'"],
  positionals: { least: 1, most: 1 },
  options: {
    from: { value: 'N', about: 'the first version' },
    to: { value: 'N', about: 'the last version; the newest when absent' },
    'from-timestamp': { value: '"TIME"', about: 'instead of --from: the first version of that time or later' },
    'to-timestamp': { value: '"TIME"', about: 'instead of --to: the last version of that time or before' },
    columns: { value: 'a,b', about: 'only these columns, in this order' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    if ((await table.state({ fresh: true })) === undefined) throw noTable(table, name)
    const columns = args.list('columns')
    const range = await rangeOption(table, args)
    if (range === undefined) {
      // Both times lie between the same two versions: the columns are shown, and no row.
      const { to } = await newestOf(table)
      const { fields } = await table.changes({ from: to, to, columns })
      await printRows(context.output, format, { fields, batches: nothing() })
      return
    }
    const { fields, batches } = await table.changes({ ...range, columns, openFolder: folderOpener(lake.settings) })
    await printRows(context.output, format, { fields, batches })
  },
}

interface Range {
  readonly from: number
  readonly to?: number | undefined
}

/** Undefined when the times say that nothing lies between them. */
async function rangeOption(table: DeltaTable, args: Arguments): Promise<Range | undefined> {
  const [start, end] = [timeOption(args, 'from-timestamp'), timeOption(args, 'to-timestamp')]
  for (const [option, time] of [
    ['from', start],
    ['to', end],
  ] as const) {
    if (args.text(option) !== undefined && time !== undefined)
      throw new CliError('USAGE', `--${option} and --${option}-timestamp say the same thing; give one of them.`)
  }
  if (start !== undefined && end !== undefined && end < start)
    throw new CliError('USAGE', '--to-timestamp lies before --from-timestamp.')
  const from = start === undefined ? args.whole('from') : await table.firstVersionFrom(start)
  if (from === undefined) throw new CliError('USAGE', 'Say from which version on: --from N or --from-timestamp "TIME".')
  const to = end === undefined ? args.whole('to') : await table.versionAt(end)
  if (start === undefined && end === undefined && to !== undefined && to < from)
    throw new CliError('USAGE', `--to ${to} lies before --from ${from}.`)
  return start !== undefined && end !== undefined && to === from - 1 ? undefined : { from, to }
}

async function newestOf(table: DeltaTable): Promise<{ readonly to: number }> {
  return { to: (await table.state())?.version ?? 0 }
}

async function* nothing(): AsyncGenerator<never, void> {}
