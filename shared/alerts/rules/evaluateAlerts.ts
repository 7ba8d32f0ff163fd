import { type Row, textOf } from '../../types/index.js'
import type { Alert, Severity, Signal } from './alert.js'
import { alerts } from './alerts.js'
import { sentenceOf } from './sentence.js'
import { amountOf, isTrue, numberOf, timeOf } from './signalRow.js'
import { thresholdOf, type Thresholds } from './thresholdOf.js'

/** Rows of the last {@link lookbackMinutes}, in any order, with the columns as the tables have them. */
export interface AlertRows {
  readonly monitor_logs: readonly Row[]
  readonly cluster_logs: readonly Row[]
}

/** An alert that fires for one combination of its dimensions. Times are milliseconds of the storage's clock. */
export interface FiringAlert {
  readonly alert: string
  readonly title: string
  readonly severity: Severity
  readonly stream: string | undefined
  /** As SQL names it. */
  readonly table: string | undefined
  readonly step: string | undefined
  readonly value: number
  readonly threshold: number
  /** Since when; `sinceIsKnown` is false where the rows at hand do not reach back to its beginning. */
  readonly since: number
  readonly sinceIsKnown: boolean
  readonly sentence: string
  /** The section of the runbook. */
  readonly runbook: string
}

/** How far back rows are looked at. */
export const lookbackMinutes = 75

/** Steps back that are looked at to find since when an alert fires. */
const maxSteps = 120

/**
 * The alerts that fire now, the worst first. Pure: the same rows, time and thresholds give the same answer as the query
 * on the lake and the rule on Azure do.
 *
 * ```ts
 * for (const { sentence, runbook } of evaluateAlerts(rows, now, settings)) …
 * ```
 *
 * @param now milliseconds of the storage's clock; rows that lie in its future are left out
 */
export function evaluateAlerts(rows: AlertRows, now: number, thresholds: Thresholds): readonly FiringAlert[] {
  return alerts.flatMap(alert => firing(alert, rows[alert.signal.table], now, thresholds))
}

interface TimedRow {
  readonly row: Row
  readonly time: number
}

function firing(alert: Alert, all: readonly Row[], now: number, thresholds: Thresholds): readonly FiringAlert[] {
  const { signal } = alert
  const timed = all
    .map(row => ({ row, time: timeOf(signal, row) }))
    .filter(({ row, time }) => time <= now && (signal.where ?? []).every(condition => isTrue(condition, row)))
    .sort((a, b) => b.time - a.time)
  if (signal.reading.kind === 'age') return silent(alert, timed, now, thresholds)
  return [...groups(signal, timed).values()].flatMap(group => {
    const [newest] = group
    if (newest === undefined) return []
    const threshold = thresholdOf(alert, textOf(newest.row, 'stream') ?? '', thresholds)
    const value = valueAt(signal, group, now)
    if (value === undefined || !breaches(signal, value, threshold)) return []
    const since = sinceWhen(signal, group, threshold, now)
    return [fired(alert, newest.row, { value, threshold, ...since })]
  })
}

/** Rows by dimensions, each newest first. */
function groups(signal: Signal, timed: readonly TimedRow[]): ReadonlyMap<string, readonly TimedRow[]> {
  const found = new Map<string, TimedRow[]>()
  for (const one of timed) {
    const key = JSON.stringify(signal.dimensions.map(name => textOf(one.row, name) ?? ''))
    const group = found.get(key)
    if (group === undefined) found.set(key, [one])
    else group.push(one)
  }
  return found
}

/** What the rows up to a time amount to; undefined where they do not suffice to say. */
function valueAt({ amount, reading }: Signal, group: readonly TimedRow[], time: number): number | undefined {
  const from = time - reading.minutes * 60_000
  const rows = group.filter(one => one.time <= time && one.time > from)
  const [newest] = rows
  if (newest === undefined) return undefined
  if (reading.kind !== 'sum') return amountOf(amount, newest.row)
  // A tenth less than the window: the first row is not written at its very beginning.
  if (reading.whole === true && (rows.at(-1)?.time ?? time) > from + reading.minutes * 6_000) return undefined
  const sum = rows.reduce((total, { row }) => total + amountOf(amount, row), 0)
  const { per } = reading
  if (per === undefined) return sum
  const all = rows.reduce((total, { row }) => total + numberOf(row, per), 0)
  return all === 0 ? undefined : sum / all
}

function breaches({ fires }: Signal, value: number, threshold: number): boolean {
  return fires === 'above' ? value > threshold : value < threshold
}

/** From row to row back, as long as it fired then. */
function sinceWhen(signal: Signal, group: readonly TimedRow[], threshold: number, now: number) {
  let since = group[0]?.time ?? now
  // Before, a window is not whole.
  const first = now - (lookbackMinutes - signal.reading.minutes) * 60_000
  for (const { time } of group.slice(0, maxSteps)) {
    if (time < first) break
    const value = valueAt(signal, group, time)
    if (value !== undefined && !breaches(signal, value, threshold)) return { since, sinceIsKnown: true }
    if (value !== undefined) since = time
  }
  return { since, sinceIsKnown: false }
}

/** Who is silent has no rows: the newest of all says since when. */
function silent(alert: Alert, timed: readonly TimedRow[], now: number, thresholds: Thresholds): readonly FiringAlert[] {
  const threshold = thresholdOf(alert, '', thresholds)
  const newest = timed[0]?.time
  // No query looks further back than the window: what was before it is as long ago as the window is.
  const longest = alert.signal.reading.minutes * 60
  const value = newest === undefined ? longest : Math.min(longest, (now - newest) / 1000)
  if (value <= threshold) return []
  const since = newest === undefined ? now - value * 1000 : newest
  return [fired(alert, {}, { value, threshold, since, sinceIsKnown: newest !== undefined })]
}

type Figures = Pick<FiringAlert, 'value' | 'threshold' | 'since' | 'sinceIsKnown'>

function fired(alert: Alert, row: Row, figures: Figures): FiringAlert {
  const { name, title, severity, signal } = alert
  const dimension = (column: Signal['dimensions'][number]) =>
    signal.dimensions.includes(column) ? textOf(row, column) : undefined
  return {
    alert: name,
    title,
    severity,
    stream: dimension('stream'),
    table: dimension('table_name'),
    step: dimension('step'),
    ...figures,
    sentence: sentenceOf(alert, row, figures),
    runbook: `infra/RUNBOOK.md#${name}`,
  }
}
