import { bronzePath, scoredPath, silverPath, sqlName, type Stream, summaryPath } from '../../contract/index.js'
import { parseNcrontab } from '../../settings/index.js'
import type { Lake } from '../lake/index.js'
import { readPauses, type StreamPause } from '../pause/index.js'
import { type NewestRows, newestRows } from './newestRows.js'
import { type StatusReport, statusReport, type WatchedTable } from './statusReport.js'

/** How long a run of the monitor may take, and one run may be left out: both are no silence yet. */
const graceMs = 120_000

/** What a status is read from. */
export type StatusLake = Pick<Lake, 'store' | 'settings' | 'table'>

/**
 * What `monitor_logs` says of the tables of those streams now, and which of these are paused. Reads the log and the newest
 * files only.
 *
 * @throws DeltaError, StorageError where `monitor_logs` cannot be read
 */
export async function readStatus(lake: StatusLake, streams: readonly Stream[]): Promise<StatusReport> {
  const table = lake.table('monitor_logs')
  const [now, snapshot] = await Promise.all([lake.store.now(), table.snapshot()])
  const names = streams.flatMap(watchedTables).map(one => one.table)
  const found = snapshot === undefined ? undefined : await newestRows(table.store, snapshot, names, now)
  return statusOfRows(lake.settings, streams, { found, pauses: await readPauses(lake.store, streams) }, now)
}

/**
 * The same of what is at hand: rows, undefined where there is no table `monitor_logs`, and streams that are paused. Pure.
 *
 * @param now milliseconds of the storage's clock
 */
export function statusOfRows(
  settings: Pick<Lake['settings'], 'monitorSchedule'>,
  streams: readonly Stream[],
  { found, pauses }: { readonly found: NewestRows | undefined; readonly pauses: ReadonlyMap<string, StreamPause> },
  now: number,
): StatusReport {
  const schedule = parseNcrontab(settings.monitorSchedule)
  return statusReport({
    now,
    watched: streams.flatMap(watchedTables),
    newest: found?.newest,
    history: found?.history ?? new Map(),
    pauses,
    dueBy: runTime => (schedule.next(schedule.next(runTime) ?? Infinity) ?? Infinity) + graceMs,
  })
}

function watchedTables(stream: Stream): readonly WatchedTable[] {
  const tables = { bronze: bronzePath, silver: silverPath, gold: scoredPath, summary: summaryPath }
  return (['bronze', 'silver', 'gold', 'summary'] as const).map(layer => ({
    table: sqlName(tables[layer](stream)),
    stream: stream.name,
    layer,
  }))
}
