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
 * The rows that replays brought, as they are written down, with silver's columns. Of a record that was resolved again
 * the newest outcome counts.
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
  const stored = new Set(snapshot?.schema.fields.map(({ name }) => name))
  const select = silver.columns.map(name => {
    const type = silver.schema.fields.find(field => field.name === name)?.type ?? 'string'
    return `CAST(${stored.has(name) ? `r.${identifier(name)}` : 'NULL'} AS ${sqlType(type)}) AS ${identifier(name)}`
  })
  const create = (from: string) =>
    SessionTable.create(session, 'recorded_replays', silver.columns, `SELECT ${select.join(', ')} ${from}`)
  if (snapshot === undefined) return create('WHERE false')
  using view = await openOutcomes(session, lake, stream, snapshot)
  const record = 'PARTITION BY _topic, _generation, _partition, _offset'
  return await create(`
    FROM (SELECT *, row_number() OVER (${record} ORDER BY _sequence DESC) AS newest
      FROM (${view.sql}) WHERE _bronze_id = ${literal(bronzeId)}) AS r
    WHERE r.newest = 1 AND r._outcome = 'replayed'`)
}

/** The outcomes of a stream's records as a relation. */
export function openOutcomes(session: DuckDbSession, lake: Lake, stream: Stream, snapshot: Snapshot) {
  const store = lake.store.within(resolvedPath(stream))
  return openDeltaView(session, lake.files, { store, state: snapshot, files: snapshot.files })
}
