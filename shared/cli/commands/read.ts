import { requireReadable } from '../../delta/index.js'
import { folderOpener, type Lake, openSession } from '../../pipeline/lake/index.js'
import { fullScan, neededColumns, planScan, withPlainYears } from '../../query/condition/index.js'
import { countFetched, identifier } from '../../query/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { type Format, formatOf, printRecords, printRows, type RowSource } from '../output/index.js'
import {
  externalLocationOptions,
  matchingBatches,
  openCatalog,
  openTable,
  parseTableReference,
  requireSnapshot,
  selectRows,
  tableRows,
  timeTravelOptions,
  versionOption,
  wantedFields,
} from '../tables/index.js'

/**
 * `lake read`: rows stream.
 * @throws CliError USAGE when an older version of a view is asked for, which has none
 */
export const read: Command = {
  usage: 'read <table>',
  summary: 'print the rows of a table',
  about: 'Prints the rows of a table, as it is or as it was at a version or a time.',
  printsRows: true,
  examples: [
    'lake read silver.events --where "event_type = \'click\'" --limit 10',
    'lake read ./sales --version 3 --format csv',
  ],
  positionals: { least: 1, most: 1 },
  options: {
    ...timeTravelOptions,
    where: { value: '"condition"', about: 'only rows for which this SQL condition holds' },
    columns: { value: 'a,b', about: 'only these columns, in this order' },
    limit: { value: 'N', about: 'at most so many rows' },
    timezone: {
      value: 'zone',
      about: 'where partition timestamps without an offset were written, e.g. Europe/Berlin; UTC when absent',
    },
    explain: {
      about: 'instead of the rows, which files would be read and skipped, by what, and how many bytes would be fetched',
    },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const print = (rows: RowSource) => printRows(context.output, format, rows)
    await using lake = await openCliLake(context, args)
    const reference = parseTableReference(args.positional(0), lake.streams)
    if (reference.kind === 'view') await readView(lake, reference.name, args, print)
    else if (args.flag('explain')) await explain(context, lake, args, format)
    else await readTable(context, lake, args, print)
  },
}

type Print = (rows: RowSource) => Promise<void>

async function readTable(context: CommandContext, lake: Lake, args: Arguments, print: Print): Promise<void> {
  const name = args.positional(0)
  const [limit, columns, where] = [args.whole('limit'), args.list('columns'), args.text('where')]
  const timeZone = timeZoneOf(args)
  const table = await openTable(context, lake, name)
  const snapshot = await requireSnapshot(table, name, await versionOption(table, name, args))
  if (where === undefined) {
    await print(tableRows(table.store, snapshot, { columns, limit, timeZone, openFolder: folderOpener(lake.settings) }))
    return
  }
  requireReadable(snapshot, { table: table.store.url, version: snapshot.version })
  await using session = await openSession(lake)
  const fields = wantedFields(snapshot, columns)
  const selected = { fields, where: withPlainYears(where, snapshot.schema.fields), limit, timeZone }
  await print({ fields, batches: matchingBatches(lake, session, { store: table.store, snapshot }, selected) })
}

/** What a read would do, in one record. */
async function explain(context: CommandContext, lake: Lake, args: Arguments, format: Format): Promise<void> {
  const name = args.positional(0)
  const where = args.text('where')
  const timeZone = timeZoneOf(args)
  const table = await openTable(context, lake, name)
  const snapshot = await requireSnapshot(table, name, await versionOption(table, name, args))
  requireReadable(snapshot, { table: table.store.url, version: snapshot.version })
  const selected = wantedFields(snapshot, args.list('columns')).map(({ name: column }) => column)
  await using session = where === undefined ? undefined : await openSession(lake)
  const plan =
    where === undefined || session === undefined
      ? fullScan(snapshot)
      : await planScan(session, snapshot, withPlainYears(where, snapshot.schema.fields), timeZone)
  const columns = neededColumns(snapshot, selected, plan)
  const { chosen: files } = plan
  const openFolder = folderOpener(lake.settings)
  const fetched = await countFetched(
    { store: table.store, state: snapshot, files, columns, timeZone, openFolder },
    plan.skips,
  )
  const record = {
    version: snapshot.version,
    files: snapshot.files.length,
    filesRead: files.length,
    filesSkipped: snapshot.files.length - files.length,
    skippedByPartition: plan.skippedByPartition,
    skippedByStatistics: plan.skippedByStatistics,
    filesUnjudged: plan.unmatched,
    bytesRead: plan.bytesRead,
    bytesSkipped: plan.bytesSkipped,
    rowGroups: fetched.rowGroups,
    rowGroupsRead: fetched.rowGroupsRead,
    columns: columns.length,
    bytesFetched: fetched.bytes,
    predicate: plan.predicate ?? null,
    unknown: plan.unknown.length === 0 ? null : plan.unknown.join('; '),
  }
  await printRecords(context.output, format, Object.keys(record), [record])
}

/** @throws CliError USAGE for a time zone that is not known */
function timeZoneOf(args: Arguments): string | undefined {
  const zone = args.text('timezone')
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    throw new CliError('USAGE', `--timezone ${zone ?? ''} is no time zone that is known here; e.g. Europe/Berlin is.`)
  }
}

async function readView(lake: Lake, name: string, args: Arguments, print: Print): Promise<void> {
  for (const option of ['version', 'timestamp'])
    if (args.text(option) !== undefined)
      throw new CliError('USAGE', `${name} is a view and has no versions; leave --${option} out.`)
  if (args.flag('explain'))
    throw new CliError('USAGE', `${name} is a view and has no files of its own; leave --explain out.`)
  await using session = await openSession(lake)
  using catalog = openCatalog(lake, session)
  await catalog.prepare(`SELECT * FROM ${name}`)
  const from = name.split('.').map(identifier).join('.')
  await print(
    await selectRows(session, from, {
      columns: args.list('columns'),
      where: args.text('where'),
      limit: args.whole('limit'),
    }),
  )
}
