/** How values of one interval become one: added up, or the largest of them. */
type Combination = 'sum' | 'max'

/** Values over time, interval by interval: lists of equal length, `null` where nothing was measured. */
export interface Series<Name extends string> {
  /** Length of an interval, milliseconds. */
  readonly stepMs: number
  /** When each interval begins, in steps since 1970; ascending. */
  readonly at: readonly number[]
  readonly values: Readonly<Record<Name, readonly (number | null)[]>>
}

/** What is measured at one moment; milliseconds since 1970. */
export interface Sample<Name extends string> {
  readonly at: number
  readonly values: Readonly<Partial<Record<Name, number | null>>>
}

/** The ranges of time that are kept, each as intervals of one length. */
export const resolutions = {
  '1h': { stepMs: 60_000, steps: 61 },
  '24h': { stepMs: 20 * 60_000, steps: 73 },
  '7d': { stepMs: 2 * 3_600_000, steps: 85 },
} as const

/** A range of time that a page shows. */
export type Range = keyof typeof resolutions

/** All ranges, the shortest first. */
export const ranges = Object.keys(resolutions) as readonly Range[]

/** The same values at every resolution. */
export type Timeline<Name extends string> = Readonly<Record<Range, Series<Name>>>

/** Of a table, from the rows of `monitor_logs`: the worst of an interval; `rows`, `late` and `rejected` are its sums. */
export const tableMeasures = {
  p50: 'max',
  p95: 'max',
  p99: 'max',
  kafkaP99: 'max',
  freshness: 'max',
  lag: 'max',
  rows: 'sum',
  late: 'sum',
  rejected: 'sum',
  severity: 'max',
} as const satisfies Readonly<Record<string, Combination>>

/** Of a task, from the rows of `cluster_logs`. */
export const taskMeasures = {
  runs: 'sum',
  committed: 'sum',
  failed: 'sum',
  rowsOut: 'sum',
  seconds: 'max',
} as const satisfies Readonly<Record<string, Combination>>

/** A name among {@link tableMeasures}. */
export type TableMeasure = keyof typeof tableMeasures
/** A name among {@link taskMeasures}. */
export type TaskMeasure = keyof typeof taskMeasures

/** A timeline with nothing in it. */
export function emptyTimeline<Name extends string>(measures: Readonly<Record<Name, Combination>>): Timeline<Name> {
  const names = namesOf(measures)
  const empty = (range: Range): Series<Name> => ({
    stepMs: resolutions[range].stepMs,
    at: [],
    values: Object.fromEntries(names.map(name => [name, []])) as unknown as Series<Name>['values'],
  })
  return { '1h': empty('1h'), '24h': empty('24h'), '7d': empty('7d') }
}

/** The timeline with samples put in, in any order; intervals older than the ranges are left out. Pure. */
export function addSamples<Name extends string>(
  timeline: Timeline<Name>,
  measures: Readonly<Record<Name, Combination>>,
  samples: readonly Sample<Name>[],
  now: number,
): Timeline<Name> {
  const added = (range: Range) => addTo(timeline[range], range, measures, samples, now)
  return { '1h': added('1h'), '24h': added('24h'), '7d': added('7d') }
}

function namesOf<Name extends string>(measures: Readonly<Record<Name, Combination>>): readonly Name[] {
  return Object.keys(measures) as Name[]
}

function addTo<Name extends string>(
  series: Series<Name>,
  range: Range,
  measures: Readonly<Record<Name, Combination>>,
  samples: readonly Sample<Name>[],
  now: number,
): Series<Name> {
  const { stepMs, steps } = resolutions[range]
  const names = namesOf(measures)
  const last = Math.floor(now / stepMs)
  const oldest = last - steps + 1
  const rows = new Map<number, Map<Name, number | null>>()
  const isKept = (at: number) => at >= oldest && at <= last
  series.at.forEach((at, i) => {
    if (isKept(at)) rows.set(at, new Map(names.map(name => [name, series.values[name][i] ?? null])))
  })
  for (const { at: ms, values } of samples) {
    const at = Math.floor(ms / stepMs)
    if (!isKept(at)) continue
    const row = rows.get(at) ?? new Map<Name, number | null>()
    for (const name of names) {
      const value = values[name]
      if (typeof value === 'number' && Number.isFinite(value))
        row.set(name, combined(measures[name], row.get(name) ?? null, value))
    }
    rows.set(at, row)
  }
  const at = [...rows.keys()].sort((a, b) => a - b)
  const column = (name: Name) => at.map(t => rounded(rows.get(t)?.get(name) ?? null))
  return {
    stepMs,
    at,
    values: Object.fromEntries(names.map(name => [name, column(name)])) as unknown as Series<Name>['values'],
  }
}

function combined(how: Combination, before: number | null, value: number): number {
  if (before === null) return value
  return how === 'sum' ? before + value : Math.max(before, value)
}

/** Whole numbers stay as they are; of others what is beyond the fourth digit shows on no chart. */
function rounded(value: number | null): number | null {
  return value === null || Number.isInteger(value) ? value : Number(value.toPrecision(4))
}
