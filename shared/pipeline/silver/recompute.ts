import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, openDeltaView } from '../../query/index.js'
import type { StructType } from '../../types/index.js'
import {
  chunks,
  type DayCount,
  dayFilesOf,
  dayMicros,
  maxRowsOf,
  type OpenedTable,
  recordCount,
  type RefreshOptions,
  rowsIn,
  rowsPerFile,
  timeBetween,
  type Whole,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type Tally, tallyRows } from './counters.js'
import { findDuplicates, lineage, withoutDuplicates } from './dedupe.js'
import { bronzeColumns, filesWithEvents, validRows } from './silverRows.js'

export interface Recomputed {
  readonly adds: readonly AddFile[]
  readonly tally: Tally
  /** Bronze rows in all. */
  readonly rows: number
  /** Rows kept that a replay had brought; they are in the tally as valid. */
  readonly replayed: number
}

/**
 * Uploads the files that silver is to consist of, out of all of bronze. Bronze is read twice: few columns at first, and
 * then day by day. Rows that were brought from quarantine by a replay stay, as long as bronze has the record they were
 * made from.
 */
export async function recompute(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  { source: bronze, target: silver }: Whole,
): Promise<Recomputed> {
  const maxRows = maxRowsOf(lake, options)
  const rows = rowsIn(bronze.files)
  await using session = await openSession(lake)
  await gatherRows(session, lake, stream, bronze, silver.schema, chunks(bronze.files, recordCount, maxRows))
  const replayed = await carryReplayed(session, lake, stream, silver)
  await session.run(
    `CREATE TABLE prior AS SELECT ${identifier(stream.key)} AS k, CAST(0 AS BIGINT) AS t FROM all_rows LIMIT 0`,
  )
  await findDuplicates(session, stream, 'all_rows')
  const tally = await tallyRows(session, stream, 'all_rows')
  await session.run('DROP TABLE all_rows')
  const target = dayFilesOf(lake, stream, session, silver, rowsPerFile(options, bronze.files, rows))
  const columns = bronzeColumns(bronze.schema)
  const adds: AddFile[] = []
  for (const days of chunks(tally.days, day => day.rows, maxRows)) {
    const files = filesWithEvents(stream, bronze, bronze.files, spanOf(days))
    using view = await openDeltaView(session, lake.files, {
      store: lake.store.within(bronzePath(stream)),
      state: bronze,
      files,
      columns,
    })
    const { least, greatest } = spanOf(days)
    await session.run(`
      CREATE OR REPLACE VIEW day_rows AS SELECT * FROM (
        ${validRows(stream, silver.schema, columns, `(${view.sql})`)} UNION ALL BY NAME SELECT * FROM replayed_rows)
      WHERE ${timeBetween(stream, least, greatest + 1n)}`)
    adds.push(...(await writeDayFiles(target, withoutDuplicates('day_rows'), days)))
  }
  return { adds, tally, rows, replayed }
}

function spanOf(days: readonly DayCount[]): { readonly least: bigint; readonly greatest: bigint } {
  return { least: days[0]?.start ?? 0n, greatest: (days.at(-1)?.start ?? 0n) + dayMicros - 1n }
}

/** Makes `all_rows`, what judging and counting need of every valid row, and `rejected`, the lineage of the others. */
async function gatherRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  bronze: Snapshot,
  schema: StructType,
  parts: readonly (readonly AddFile[])[],
): Promise<void> {
  const narrow = narrowColumns(stream)
  const needed = new Set([...narrow, '_timestamp', '_error_code'])
  const columns = bronzeColumns(bronze.schema).filter(name => needed.has(name))
  const store = lake.store.within(bronzePath(stream))
  for (const [i, files] of (parts.length === 0 ? [[]] : parts).entries()) {
    using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
    const valid = `SELECT ${narrow.map(identifier).join(', ')} FROM (${validRows(stream, schema, columns, `(${view.sql})`)})`
    const rejected = `SELECT ${lineage.join(', ')} FROM (${view.sql}) WHERE _error_code IS NOT NULL`
    await session.run(i === 0 ? `CREATE TABLE all_rows AS ${valid}` : `INSERT INTO all_rows ${valid}`)
    await session.run(i === 0 ? `CREATE TABLE rejected AS ${rejected}` : `INSERT INTO rejected ${rejected}`)
  }
}

/** What judging and counting need of a row. */
function narrowColumns(stream: Stream): readonly string[] {
  return [...new Set([stream.key, stream.eventTime, '_ingested_at', ...lineage, '_late'])]
}

/** Makes `replayed_rows`: rows of silver that come from records bronze has as rejected, which bronze alone cannot give. */
async function carryReplayed(session: DuckDbSession, lake: Lake, stream: Stream, silver: OpenedTable): Promise<number> {
  const { rejected } = await session.row('SELECT count(*) AS rejected FROM rejected')
  const snapshot = await silver.table.snapshot({ version: silver.state.version })
  const files = rejected === 0n ? [] : (snapshot?.files ?? [])
  const columns = silver.schema.fields.flatMap(f =>
    silver.state.metadata.partitionColumns.includes(f.name) ? [] : [f.name],
  )
  const state = { metadata: silver.state.metadata, schema: silver.schema }
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(silverTable(stream).path),
    state,
    files,
    columns,
  })
  await session.run(
    `CREATE TABLE replayed_rows AS SELECT * FROM (${view.sql}) SEMI JOIN rejected USING (${lineage.join(', ')})`,
  )
  const narrow = narrowColumns(stream).map(identifier).join(', ')
  return await session.run(`INSERT INTO all_rows BY NAME SELECT ${narrow} FROM replayed_rows`)
}
