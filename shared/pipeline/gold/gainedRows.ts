import { scoredPath, type Stream, summaryGroup } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, openDeltaView } from '../../query/index.js'
import { SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { windowOf } from './summaryWindows.js'

/** Scored rows by window (its beginning, microseconds) and group: how many, and when the newest of them was read into bronze. */
export type GainedRows = SessionTable<'w' | 'g' | 'n' | 'newest'>

/** The rows of files that the scored table has gained. */
export async function gainedRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  scored: Snapshot,
  files: readonly AddFile[],
): Promise<GainedRows> {
  const store = lake.store.within(scoredPath(stream))
  const group = summaryGroup(stream)?.name
  const wanted = [stream.eventTime, group, '_ingested_at']
  const columns = scored.schema.fields.flatMap(({ name }) => (wanted.includes(name) ? [name] : []))
  const grouping = group !== undefined && columns.includes(group) ? identifier(group) : 'CAST(NULL AS VARCHAR)'
  using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns })
  return await SessionTable.create(
    session,
    'gained',
    ['w', 'g', 'n', 'newest'],
    `SELECT ${windowOf(stream)} AS w, ${grouping} AS g, count(*) AS n, max(_ingested_at) AS newest FROM (${view.sql}) GROUP BY ALL`,
  )
}
