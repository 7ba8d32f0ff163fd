import { elapsedMs } from '../../storage/index.js'
import { inWords } from '../../types/index.js'
import type { Layer } from '../monitor/index.js'
import { pauseText, type StreamPause } from '../pause/index.js'
import type { MonitorEntry, ShownStatus } from './monitorEntry.js'
import { repairOf } from './repair.js'
import { type Since, sinceWhen, type Verdict } from './statusHistory.js'

/** A table that the monitor looks at. */
export interface WatchedTable {
  /** As SQL names it. */
  readonly table: string
  readonly stream: string
  readonly layer: Layer
}

/** What a status is made from. Times are milliseconds of the storage's clock. */
export interface StatusInput {
  readonly now: number
  readonly watched: readonly WatchedTable[]
  /** Undefined when there is no table `monitor_logs`. */
  readonly newest: ReadonlyMap<string, MonitorEntry> | undefined
  /** By table, in any order. */
  readonly history: ReadonlyMap<string, readonly Verdict[]>
  /** Streams that are paused now, by name: the rows at hand may be older. */
  readonly pauses: ReadonlyMap<string, StreamPause>
  /** Until when the run behind one at that time is waited for. */
  readonly dueBy: (runTime: number) => number
}

/** How the monitor itself does. */
export interface MonitorHealth {
  readonly state: 'OK' | 'SILENT' | 'NEVER'
  /** When it last looked; undefined when it never has. */
  readonly lastRun: number | undefined
  readonly reason: string
  readonly repair: string | undefined
}

/** One table, as the monitor last saw it. */
export interface TableStatus extends Omit<MonitorEntry, 'runTime'> {
  /** When it was looked at; undefined when never. */
  readonly seenAt: number | undefined
  readonly since: Since | undefined
  readonly repair: string | undefined
}

/** The lake at one moment. */
export interface StatusReport {
  readonly checkedAt: number
  readonly monitor: MonitorHealth
  /** Stream by stream, layer by layer; then other tables that the newest run has something to say of. */
  readonly tables: readonly TableStatus[]
}

/** Evaluates rows of `monitor_logs` by their age, and says of each table what they say. Pure. */
export function statusReport(input: StatusInput): StatusReport {
  const { now, watched, newest = new Map<string, MonitorEntry>() } = input
  const names = new Set(watched.map(({ table }) => table))
  const streams = new Set(watched.map(({ stream }) => stream))
  const lastRun = lastOf([...newest.values()], now)
  // Other tables have a row only while there is something to say: one of an earlier run tells nothing of now.
  const others = [...newest.values()].filter(
    e => (e.stream === undefined || streams.has(e.stream)) && !names.has(e.table) && e.runTime === lastRun,
  )
  return {
    checkedAt: now,
    monitor: monitorHealth(input, lastRun),
    tables: [
      ...watched.map(one => {
        const entry = newest.get(one.table)
        const source = watched.find(w => w.stream === one.stream && w.layer === layerBefore[one.layer])
        return entry === undefined
          ? unseen(one, input.pauses.get(one.stream))
          : tableStatus(input, entry, source === undefined ? undefined : newest.get(source.table))
      }),
      ...others.map(entry => tableStatus(input, entry, undefined)),
    ],
  }
}

/**
 * What is not in order, each in a few words; none when all is. That the monitor is silent is a fault as well: nobody knows
 * how the tables are then. LATE is none, nor is PAUSED, which somebody wants.
 */
export function faultsOf({ monitor, tables }: StatusReport): readonly string[] {
  const faults = tables.filter(({ status }) => !['OK', 'LATE', 'PAUSED'].includes(status))
  return [
    ...(monitor.state === 'OK'
      ? []
      : [monitor.state === 'NEVER' ? 'the monitor has never run' : 'the monitor is silent']),
    ...faults.map(({ table, status }) => `${table} ${status}`),
  ]
}

const layerBefore: Readonly<Record<Layer, Layer | undefined>> = {
  bronze: undefined,
  silver: 'bronze',
  gold: 'silver',
  summary: 'gold',
}

function lastOf(entries: readonly MonitorEntry[], now: number): number | undefined {
  const times = entries.map(e => e.runTime)
  const past = times.filter(time => elapsedMs(time, now) !== undefined)
  const known = past.length > 0 ? past : times
  return known.length === 0 ? undefined : Math.max(...known)
}

const monitorCommand = 'lake run monitor'

function monitorHealth({ now, newest, dueBy }: StatusInput, lastRun: number | undefined): MonitorHealth {
  if (lastRun === undefined) {
    const reason =
      newest === undefined
        ? 'The monitor has never run: there is no table monitor_logs.'
        : 'The monitor has never run: monitor_logs has no rows.'
    return { state: 'NEVER', lastRun, reason, repair: monitorCommand }
  }
  const age = elapsedMs(lastRun, now)
  if (age === undefined) {
    const reason = `The newest row of monitor_logs lies ${inWords((lastRun - now) / 1000)} in the future: a clock was wrong when it was written, or is wrong now.`
    return { state: 'SILENT', lastRun, reason, repair: monitorCommand }
  }
  const words = inWords(age / 1000)
  return now > dueBy(lastRun)
    ? {
        state: 'SILENT',
        lastRun,
        reason: `The monitor has not run for ${words}: what the tables are like since then is not known.`,
        repair: monitorCommand,
      }
    : { state: 'OK', lastRun, reason: `The monitor looked ${words} ago.`, repair: undefined }
}

function tableStatus(input: StatusInput, found: MonitorEntry, source: MonitorEntry | undefined): TableStatus {
  const { since, ...entry } = asPausedNow(input, found)
  const { runTime, ...rest } = entry
  return {
    ...rest,
    seenAt: runTime,
    since: since ?? sinceWhen(input.history.get(entry.table) ?? [], entry),
    repair: repairOf(entry, source),
  }
}

/** An entry as it would be, had the monitor looked since its stream was paused or resumed. */
function asPausedNow(
  { pauses }: StatusInput,
  entry: MonitorEntry,
): MonitorEntry & { readonly since?: Since | undefined } {
  const { stream, status, layer } = entry
  const pause = stream === undefined || layer === undefined ? undefined : pauses.get(stream)
  if (pause !== undefined && status !== 'DEGRADED' && status !== 'PAUSED') {
    const since = { time: pause.since, isStart: true }
    return { ...entry, status: 'PAUSED', reason: `${pausedSentence(pause)} ${entry.reason}`, since }
  }
  if (pause !== undefined || status !== 'PAUSED') return entry
  return { ...entry, status: 'LATE', reason: 'It was paused when the monitor last looked, and is resumed since.' }
}

function pausedSentence(pause: StreamPause): string {
  const text = pauseText(pause)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function unseen({ table, stream, layer }: WatchedTable, pause: StreamPause | undefined): TableStatus {
  return {
    table,
    stream,
    layer,
    status: (pause === undefined ? 'UNKNOWN' : 'PAUSED') satisfies ShownStatus,
    reason: pause === undefined ? 'The monitor has no recent row of this table.' : pausedSentence(pause),
    seenAt: undefined,
    since: undefined,
    repair: pause === undefined ? monitorCommand : `lake resume ${stream}`,
    rejected: undefined,
    backlog: undefined,
    newestEvent: undefined,
    freshnessSeconds: undefined,
    kafkaQueryableP99Seconds: undefined,
    lag: undefined,
    secondsToDrain: undefined,
    reconciled: undefined,
    reconciliation: undefined,
    files: undefined,
    smallFiles: undefined,
    bytes: undefined,
    versionsSinceCheckpoint: undefined,
    undeclared: [],
  }
}
