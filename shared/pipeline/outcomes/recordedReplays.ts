import { resolvedPath, type Stream } from '../../contract/index.js'
import type { Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, literal, openDeltaView, sqlType } from '../../query/index.js'
import type { StructType } from '../../types/index.js'
import { SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'

/** Whether any replay of records of that bronze table is written down, whose rows silver would lack without it. */
export async function hasRecordedReplays(lake: Lake, stream: Stream): Promise<boolean> {
  const state = await lake.table(resolvedPath(stream)).state({ fresh: true })
  return state !== undefined && [...state.txns.keys()].some(appId => appId.includes('/replays/'))
}

/**
 * The rows that replays brought, as they are written down: silver's columns, `_judged_at` and `_replay`, the order of
 * replays. Of a record that was resolved again the newest outcome counts, in the place of
 * its first replay: what silver had lost comes back to where it was.
 *
 * @param bronzeId of the table whose records are meant
 */
export async function loadRecordedReplays(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  bronzeId: string,
  silver: { readonly schema: StructType; readonly columns: readonly string[] },
): Promise<SessionTable> {
  const snapshot = await lake.table(resolvedPath(stream)).snapshot()
  const has = (name: string) => snapshot?.schema.fields.some(field => field.name === name) === true
  const select = silver.columns.map(name => {
    const type = silver.schema.fields.find(field => field.name === name)?.type ?? 'string'
    return `CAST(${has(name) ? `r.${identifier(name)}` : 'NULL'} AS ${sqlType(type)}) AS ${identifier(name)}`
  })
  const columns = [...silver.columns, '_judged_at', '_replay']
  if (snapshot === undefined) {
    const none = select.join(', ')
    return SessionTable.create(
      session,
      'recorded_replays',
      columns,
      `SELECT ${none}, CAST(NULL AS TIMESTAMPTZ) AS _judged_at, CAST(0 AS BIGINT) AS _replay WHERE false`,
    )
  }
  using view = await openOutcomes(session, lake, stream, snapshot)
  return await SessionTable.create(
    session,
    'recorded_replays',
    columns,
    `SELECT ${select.join(', ')}, r.first_judged_at AS _judged_at, r.first_sequence AS _replay
      FROM (SELECT *, row_number() OVER (record ORDER BY _sequence DESC) AS newest,
          min(_judged_at) FILTER (_outcome = 'replayed') OVER record AS first_judged_at,
          min(_sequence) FILTER (_outcome = 'replayed') OVER record AS first_sequence
        FROM (${view.sql}) WHERE _bronze_id = ${literal(bronzeId)}
        WINDOW record AS (PARTITION BY _topic, _generation, _partition, _offset)) AS r
      WHERE r.newest = 1 AND r._outcome = 'replayed'`,
  )
}

/** The outcomes of a stream's records as a relation. */
export function openOutcomes(session: DuckDbSession, lake: Lake, stream: Stream, snapshot: Snapshot) {
  const store = lake.store.within(resolvedPath(stream))
  return openDeltaView(session, lake.files, { store, state: snapshot, files: snapshot.files })
}
