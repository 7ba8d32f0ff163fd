import { type AlertBoard, emptyBoard } from '../alerts/index.js'
import type { Stream } from '../contract/index.js'
import { type CostReport, costReport, tablesOfStep } from '../pipeline/cost/index.js'
import type { Lake } from '../pipeline/lake/index.js'
import { emptyOverview, ledgerOf, type Overview, type Range, resolutions } from '../pipeline/overview/index.js'
import type { StreamPause } from '../pipeline/pause/index.js'
import {
  type MonitorEntry,
  monitorEntry,
  statusOf,
  statusOfRows,
  type StatusReport,
  type Verdict,
} from '../pipeline/status/index.js'

/** What a visitor asks for. */
export interface PageRequest {
  readonly range: Range
  /** A query to put into the SQL box. */
  readonly sql: string | undefined
  /** The function key, where it came in the address: links and forms keep it for browsers without scripts. */
  readonly code: string | undefined
}

/** What the page is given besides the overview. */
export interface PageSettings {
  readonly monitorSchedule: string
  /** Milliseconds. */
  readonly freshnessLate: number
  readonly freshnessStale: number
  readonly instanceMemoryMb: number
  readonly prices: Lake['prices']
  readonly lakeUrl: string
  /** Whether queries may be sent to it. */
  readonly hasSql: boolean
}

/** Everything that a page shows. */
export interface PageData {
  readonly now: number
  readonly request: PageRequest
  readonly settings: PageSettings
  readonly streams: readonly Pick<Stream, 'name' | 'topic' | 'expectations'>[]
  readonly overview: Overview
  readonly status: StatusReport
  readonly alerts: AlertBoard
  /** Of the days that are kept, seven at most; undefined before the first run was recorded. */
  readonly cost: CostReport | undefined
  /** Of today, in UTC. */
  readonly today: CostReport | undefined
  /** The beginning of the range that is shown, milliseconds. */
  readonly from: number
}

/** Days that the cost per million events, and the month, are computed from. */
const costDays = 7

/** What the lake keeps for the page. */
export interface PageSources {
  /** Undefined before the monitor's first run. */
  readonly overview: Overview | undefined
  /** Streams that are paused now, by name. */
  readonly pauses: ReadonlyMap<string, StreamPause>
  /** None where it is absent. */
  readonly alerts?: AlertBoard
}

/** Evaluates an overview at a moment: how old it is, and what the tables' verdicts are then. Pure. */
export function pageData(
  { overview: found, pauses, alerts = emptyBoard }: PageSources,
  streams: readonly Stream[],
  settings: PageSettings,
  request: PageRequest,
  now: number,
): PageData {
  const overview = found ?? emptyOverview
  const days = Object.entries(overview.days).sort(([a], [b]) => (a < b ? 1 : -1))
  const today = new Date(now).toISOString().slice(0, 10)
  const priced = (chosen: typeof days): CostReport | undefined => {
    const { minimumExecutionMs } = settings.prices
    if (chosen.length === 0) return undefined
    const ledger = ledgerOf(
      chosen.map(([, day]) => day),
      minimumExecutionMs,
      now,
    )
    return costReport(
      ledger,
      { prices: settings.prices, instanceMemoryBytes: settings.instanceMemoryMb * 1024 ** 2 },
      tablesOfStep,
    )
  }
  const { stepMs, steps } = resolutions[request.range]
  return {
    now,
    request,
    settings,
    streams,
    overview,
    status: statusOfRows(settings, streams, { found: rowsOf(overview), pauses }, now),
    alerts,
    cost: priced(days.slice(0, costDays)),
    today: priced(days.filter(([day]) => day === today)),
    from: (Math.floor(now / stepMs) - steps + 1) * stepMs,
  }
}

/** The newest rows, and the changes of their verdicts as if each had been seen once. */
function rowsOf({ tables, read }: Overview) {
  if (read['monitor_logs'] === undefined) return undefined
  const newest = new Map<string, MonitorEntry>()
  const history = new Map<string, readonly Verdict[]>()
  for (const [name, { row, changes }] of Object.entries(tables)) {
    const entry = monitorEntry(row)
    if (entry === undefined) continue
    newest.set(name, entry)
    history.set(name, [
      ...changes.map(({ at, status }) => ({ runTime: at, status: statusOf(status) })),
      { runTime: entry.runTime, status: entry.status },
    ])
  }
  return { newest, history }
}
