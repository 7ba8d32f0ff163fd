import { lineage, silverTable, type Stream } from '../../contract/index.js'
import { filesThatMayMatch, type Snapshot, type TableState } from '../../delta/index.js'
import { openDeltaView } from '../../query/index.js'
import { dayMicros } from '../../types/index.js'
import { expiredBefore, type OpenedTable, type RebuildInput, SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { loadRecordedReplays, recordOutcomes } from '../outcomes/index.js'
import { silverColumns } from './silverRows.js'

/** Records that bronze has: the valid ones, with what judging needs of them, and the lineage of those it rejected. */
export interface BronzeRecords {
  readonly all: SessionTable
  readonly rejected: SessionTable
}

/** Rows of silver that bronze's valid rows do not give, with silver's columns. */
export interface KeptRows {
  readonly rows: SessionTable
  /** Rows of records that bronze has as rejected, which replays brought. */
  readonly replayed: number
  /** Rows of records that bronze has lost for their age. */
  readonly carried: number
}

const same = lineage.join(', ')

/**
 * Rows that silver is to keep when it is made again. In the order of ingestion they are accepted again, as is every row
 * that was: none of these repeats another, and a row that was left out comes after the one that it repeats.
 */
export async function loadKeptRows(
  lake: Lake,
  stream: Stream,
  { source: bronze, target: silver }: RebuildInput,
  { all, rejected }: BronzeRecords,
): Promise<KeptRows> {
  const { session } = all
  const columns = silverColumns(silver.schema)
  const isNone = (await rejected.count()) === 0
  if (!isNone) await recordOutcomes(lake, stream)
  const recorded = await loadRecordedReplays(session, lake, stream, bronze.metadata.id, {
    schema: silver.schema,
    columns,
  })
  const rows = await SessionTable.create(
    session,
    'kept_rows',
    columns,
    `SELECT * FROM ${recorded.name} SEMI JOIN ${rejected.name} USING (${same})`,
  )
  const snapshot = await silver.table.snapshot({ version: silver.state.version })
  // Those that no outcome is known of.
  if (!isNone && snapshot !== undefined) {
    const replayed = `SEMI JOIN ${rejected.name} USING (${same}) ANTI JOIN ${rows.name} USING (${same})`
    await insertRows(lake, stream, rows, { silver, files: snapshot.files }, replayed)
  }
  const replayed = await rows.count()
  const lost = expiredBefore(bronze)
  if (lost === undefined || snapshot === undefined) return { rows, replayed, carried: 0 }
  const isOld = { op: '<', column: '_ingested_at', value: startOf(lost) } as const
  const files = filesThatMayMatch(snapshot, snapshot.files, isOld)
  const gone = `${deletedReplays(bronze, recorded)} ANTI JOIN ${all.name} USING (${same}) ANTI JOIN ${rejected.name} USING (${same})`
  const carried = await insertRows(lake, stream, rows, { silver, files }, `${gone} WHERE ${isBefore(lost)}`)
  await recorded.drop()
  return { rows, replayed, carried }
}

/** Leaves out rows of rejected records that somebody deleted from bronze before their own time was over. */
function deletedReplays(bronze: TableState, recorded: SessionTable): string {
  const lost = expiredBefore(bronze, 'rejected')
  const kept = `SELECT ${same} FROM ${recorded.name}${lost === undefined ? '' : ` WHERE NOT (${isBefore(lost)})`}`
  return `ANTI JOIN (${kept}) USING (${same})`
}

const startOf = (day: number) => BigInt(day) * dayMicros
const isBefore = (day: number) => `_ingested_at < make_timestamptz(${startOf(day)}::BIGINT)`

/**
 * Adds rows of some files of silver.
 *
 * @param of what of them, behind the FROM of their relation
 * @returns how many
 */
async function insertRows(
  lake: Lake,
  stream: Stream,
  rows: SessionTable,
  { silver, files }: { readonly silver: OpenedTable; readonly files: Snapshot['files'] },
  of: string,
): Promise<number> {
  using view = await openDeltaView(rows.session, lake.files, {
    store: lake.store.within(silverTable(stream).path),
    state: { metadata: silver.state.metadata, schema: silver.schema },
    files,
    columns: rows.columns,
  })
  return await rows.insert(`SELECT * FROM (${view.sql}) ${of}`)
}
