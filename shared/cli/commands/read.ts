import { requireReadable } from '../../delta/protocolGate.js'
import type { Snapshot } from '../../delta/snapshot.js'
import type { StructField } from '../../parquet/dataType.js'
import type { ObjectStore } from '../../storage/objectStore.js'
import { openStore } from '../../storage/openStore.js'
import { openDeltaView } from '../../query/deltaView.js'
import { DuckDbSession } from '../../query/duckdbSession.js'
import { LakeCatalog } from '../../query/lakeCatalog.js'
import { identifier } from '../../query/sqlText.js'
import type { Lake } from '../../pipeline/lake.js'
import type { Arguments } from '../arguments.js'
import { CliError } from '../cliError.js'
import { withLake } from '../cliLake.js'
import { rowSourceOf, type ColumnBatch, type RowSource } from '../columnBatch.js'
import type { Command } from '../command.js'
import { momentOptions, versionOption } from '../moment.js'
import { openTable, requireSnapshot } from '../openTable.js'
import { printRows } from '../printRows.js'
import { formatOf, type Shell } from '../shell.js'
import { parseTableReference } from '../tableNames.js'
import { tableRows, wantedFields } from '../tableRows.js'

export const read: Command = {
  usage: 'read <table>',
  summary: 'print the rows of a table',
  about: 'Prints the rows of a table, as it is or as it was at a version or a time.',
  positionals: { least: 1, most: 1 },
  options: {
    ...momentOptions,
    where: { value: '"condition"', about: 'only rows for which this SQL condition holds' },
    columns: { value: 'a,b', about: 'only these columns, in this order' },
    limit: { value: 'N', about: 'at most so many rows' },
  },
  async run(shell, args) {
    const format = formatOf(shell, args)
    const print = (rows: RowSource) => printRows(shell.output, format, rows)
    await withLake(shell, args, lake => {
      const reference = parseTableReference(args.positional(0), lake.streams)
      return reference.kind === 'view' ? readView(lake, reference.name, args, print) : readTable(shell, lake, args, print)
    })
  },
}

type Print = (rows: RowSource) => Promise<void>

async function readTable(shell: Shell, lake: Lake, args: Arguments, print: Print): Promise<void> {
  const name = args.positional(0)
  const [limit, columns, where] = [args.whole('limit'), args.list('columns'), args.text('where')]
  const table = await openTable(shell, lake, name)
  const snapshot = await requireSnapshot(table, name, await versionOption(table, name, args))
  if (where === undefined) {
    await print(tableRows(table.store, snapshot, { columns, limit }))
    return
  }
  requireReadable(snapshot, { table: table.store.url, version: snapshot.version })
  await using session = await openSession(lake)
  const fields = wantedFields(snapshot, columns)
  await print({ fields, batches: matchingBatches(lake, session, table.store, snapshot, { fields, where, limit }) })
}

interface Selection {
  readonly fields: readonly StructField[]
  readonly where: string
  readonly limit: number | undefined
}

/**
 * File after file in the log's order, as without a condition; a limit that is reached spares the rest, and only one file
 * of a remote table takes room on the disk.
 */
async function* matchingBatches(
  lake: Lake,
  session: DuckDbSession,
  store: ObjectStore,
  snapshot: Snapshot,
  { fields, where, limit = Infinity }: Selection,
): AsyncGenerator<ColumnBatch> {
  const names = fields.map(f => f.name)
  let left = limit
  // Without any file the condition is checked all the same.
  for (const files of snapshot.files.length === 0 ? [[]] : snapshot.files.map(file => [file])) {
    if (left <= 0) return
    using view = await openDeltaView(session, lake.files, { store, state: snapshot, files, openFolder: openStore })
    const found = await selection(session, `(${view.sql})`, names, where, Number.isFinite(left) ? left : undefined)
    for await (const batch of found.batches) {
      left -= batch.rows
      yield batch
    }
  }
}

async function readView(lake: Lake, name: string, args: Arguments, print: Print): Promise<void> {
  for (const option of ['version', 'timestamp'])
    if (args.text(option) !== undefined) throw new CliError('USAGE', `${name} is a view and has no versions; leave --${option} out.`)
  await using session = await openSession(lake)
  using catalog = new LakeCatalog({ session, cache: lake.files, streams: lake.streams, table: path => lake.table(path) })
  await catalog.open(`SELECT * FROM ${name}`)
  const from = name.split('.').map(identifier).join('.')
  await print(await selection(session, from, args.list('columns'), args.text('where'), args.whole('limit')))
}

function openSession({ settings }: Lake): Promise<DuckDbSession> {
  return DuckDbSession.open({ memoryLimit: settings.silverMemoryLimit, temporaryFolder: settings.tempFolder })
}

async function selection(
  session: DuckDbSession,
  from: string,
  columns: readonly string[] | undefined,
  where: string | undefined,
  limit: number | undefined,
): Promise<RowSource> {
  const list = columns === undefined ? '*' : columns.map(identifier).join(', ')
  // The line's end closes a comment that the condition may end with.
  const condition = where === undefined ? '' : ` WHERE (${where}\n)`
  return rowSourceOf(await session.stream(`SELECT ${list} FROM ${from} AS t${condition}${limit === undefined ? '' : ` LIMIT ${limit}`}`))
}
