import { bronzePath, finalOutcomes, lineage, resolvedPath, silverPath, type Stream } from '../../contract/index.js'
import { filesThatMayMatch, type Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, literal, openDeltaView } from '../../query/index.js'
import { SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { inRanges, openOutcomes, recordRanges } from '../outcomes/index.js'
import { filterPredicate, filterSql, type QuarantineFilter } from './quarantineFilter.js'

const places = lineage.join(', ')

/** Records in quarantine, one a row, in the order in which they would be replayed. */
export interface QuarantinedRecords {
  /** Columns of bronze as asked for, `n` from 0 on, and `recorded_fix`: the fix by which a record was once replayed. */
  readonly rows: SessionTable
  /** Bronze as it was read. */
  readonly bronze: Snapshot
}

/**
 * The records of a stream that are in quarantine now: rejected, not in silver, and not settled by an outcome.
 *
 * @param columns of bronze beside lineage and `_ingested_at`
 * @returns undefined when there is no bronze
 */
export async function loadQuarantined(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  filter: QuarantineFilter,
  columns: readonly string[],
): Promise<QuarantinedRecords | undefined> {
  const bronze = await lake.table(bronzePath(stream)).snapshot()
  if (bronze === undefined) return undefined
  const wanted = [...new Set([...lineage, '_ingested_at', '_error_code', '_error_path', ...columns])]
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(bronzePath(stream)),
    state: bronze,
    files: filesThatMayMatch(bronze, bronze.files, filterPredicate(filter)),
    columns: wanted,
  })
  const rejected = await SessionTable.create(
    session,
    'rejected_records',
    wanted,
    `SELECT * FROM (${view.sql}) WHERE ${filterSql(filter)}`,
  )
  const settled = await loadSettled(session, lake, stream, bronze.metadata.id, rejected)
  const shown = [...wanted, 'n', 'recorded_fix']
  const order = ['_ingested_at', '_partition', '_offset', '_topic', '_generation'].map(name => `r.${name}`).join(', ')
  const rows = await SessionTable.create(
    session,
    'quarantined_records',
    shown,
    `SELECT r.*, row_number() OVER (ORDER BY ${order}) - 1 AS n, s.recorded_fix
      FROM ${rejected.name} AS r LEFT JOIN ${settled.name} AS s USING (${places}) WHERE s.is_settled IS NOT TRUE`,
  )
  await rejected.drop()
  return { rows, bronze }
}

/** Whether records are settled, and the newest recorded fix; those of which nothing is known are not among the rows. */
async function loadSettled(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  bronzeId: string,
  records: SessionTable,
): Promise<SessionTable> {
  const settled = await SessionTable.create(
    session,
    'settled_records',
    [...lineage, 'is_settled', 'recorded_fix'],
    `SELECT ${places}, true AS is_settled, '' AS recorded_fix FROM ${records.name} LIMIT 0`,
  )
  const outcomes = await lake.table(resolvedPath(stream)).snapshot()
  if (outcomes !== undefined) {
    using view = await openOutcomes(session, lake, stream, outcomes)
    await settled.insert(`
      SELECT ${places}, bool_or(_outcome IN ${inList(finalOutcomes)}) AS is_settled,
        max_by(_fix, _sequence) FILTER (_outcome = 'replayed') AS recorded_fix
      FROM (${view.sql}) WHERE _bronze_id = ${literal(bronzeId)} GROUP BY ${places}`)
  }
  const silver = await lake.table(silverPath(stream)).snapshot()
  if (silver !== undefined) {
    using view = await openDeltaView(session, lake.files, {
      store: lake.store.within(silverPath(stream)),
      state: silver,
      files: filesThatMayMatch(silver, silver.files, inRanges(await recordRanges(session, records.name))),
      columns: lineage,
    })
    const held = `SELECT ${places} FROM ${records.name} SEMI JOIN (${view.sql}) USING (${places})`
    await session.run(`CREATE TABLE held_records AS ${held}`)
    await session.run(`DELETE FROM ${settled.name} WHERE (${places}) IN (SELECT (${places}) FROM held_records)`)
    await settled.insert(
      `SELECT ${places}, true AS is_settled, CAST(NULL AS VARCHAR) AS recorded_fix FROM held_records`,
    )
    await session.run('DROP TABLE held_records')
  }
  return settled
}

const inList = (texts: readonly string[]) => `(${texts.map(literal).join(', ')})`

/** Slices of records, by `n`, each of as many bytes as one may hold at once, and of one record at least. */
export async function slicesOf(
  rows: SessionTable,
  bytes: number,
  count: number,
): Promise<readonly { readonly from: bigint; readonly to: bigint }[]> {
  const slices: { from: bigint; to: bigint }[] = []
  const { batches } = await rows.session.stream(`SELECT n, octet_length(_value) AS size FROM ${rows.name} ORDER BY n`)
  let held = 0
  for await (const batch of batches) {
    for (const row of batch) {
      const size = Number(row['size'] ?? 0)
      const n = row['n'] as bigint
      const last = slices.at(-1)
      if (last === undefined || held + size > bytes || n - last.from >= BigInt(count)) {
        slices.push({ from: n, to: n + 1n })
        held = size
      } else {
        last.to = n + 1n
        held += size
      }
    }
  }
  return slices
}

/** A SELECT of a slice's rows, in order. */
export function sliceSql(rows: SessionTable, { from, to }: { readonly from: bigint; readonly to: bigint }): string {
  return `SELECT ${rows.columns.map(identifier).join(', ')} FROM ${rows.name} WHERE n >= ${from} AND n < ${to} ORDER BY n`
}
