import { type Stream, summaryPath } from '../../contract/index.js'
import { openDeltaView } from '../../query/index.js'
import type { OpenedTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { ChangedWindow } from './dueWindows.js'
import type { GainedRows } from './gainedRows.js'
import { filesByDay, summaryDays } from './summaryFiles.js'
import { waitingFiles } from './waitingWindows.js'

/** The windows that gain rows, and those of which events wait since an earlier run, with what the summary knows of them. */
export async function changedWindows(
  gained: GainedRows,
  lake: Lake,
  stream: Stream,
  summary: OpenedTable,
): Promise<readonly ChangedWindow[]> {
  const { session, name } = gained
  const { state, schema, table } = summary
  const { rows } = await session.query(`SELECT w FROM ${name} GROUP BY w ORDER BY w`)
  const current = (await table.snapshot({ version: state.version }))?.files ?? []
  const shape = { metadata: state.metadata, schema }
  const days = filesByDay(
    { ...shape, files: current },
    summaryDays,
    rows.map(({ w }) => w as bigint),
  )
  const wanted = new Set((await waitingFiles(summary)).map(({ path }) => path))
  for (const { files } of days) for (const { path } of files) wanted.add(path)
  const files = current.filter(({ path }) => wanted.has(path))
  const store = lake.store.within(summaryPath(stream))
  const columns = ['window_start', 'events', 'waiting']
  using view = await openDeltaView(session, lake.files, { store, state: shape, files, columns })
  const changed = await session.query(`
    WITH gains AS (SELECT w, sum(n)::BIGINT AS n FROM ${name} GROUP BY w),
      known AS (SELECT epoch_us(window_start) AS w, sum(events)::BIGINT AS counted, coalesce(sum(waiting), 0)::BIGINT AS waiting
        FROM (${view.sql}) GROUP BY w)
    SELECT w, coalesce(counted, 0) AS counted, coalesce(waiting, 0) + coalesce(n, 0) AS missing
    FROM gains FULL JOIN known USING (w) WHERE missing > 0 ORDER BY w`)
  return changed.rows.map(({ w, counted, missing }) => ({
    start: w as bigint,
    events: Number(counted) + Number(missing),
    missing: Number(missing),
  }))
}
