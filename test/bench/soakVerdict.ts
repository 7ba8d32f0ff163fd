/** One look at what runs: seconds since the beginning, and figures by their names; null where there was nothing to measure. */
export interface SoakSample {
  readonly seconds: number
  readonly figures: Readonly<Record<string, number | null>>
}

/** When a line counts as flat. */
export interface SoakBound {
  /** Of the samples' `figures`. */
  readonly name: string
  readonly unit: string
  /** By which part of its own middle it may grow over the time that is judged. */
  readonly growth: number
  /** What it may never exceed, where there is such a limit. */
  readonly most?: number | undefined
}

/** What became of one line. */
export interface LineVerdict {
  readonly name: string
  readonly unit: string
  readonly isFlat: boolean
  /** Over the last two thirds; undefined of too few values. */
  readonly middle: number | undefined
  readonly largest: number | undefined
  /** In the unit, an hour. */
  readonly slopePerHour: number | undefined
  readonly why: string
}

/** With fewer values a slope says nothing. */
const fewest = 8

/**
 * Judges each line by arithmetic. The first third is the start: caches fill, code is compiled. Over the rest the slope is
 * the median of the slopes between pairs of values (Theil–Sen), so that maintenance, which makes spikes, does not make a
 * trend; and between pairs that are whole periods of maintenance apart, where there are such: what it clears away grows
 * until it comes again, and where in that the hour ends is no trend either.
 */
export function soakVerdict(samples: readonly SoakSample[], bounds: readonly SoakBound[]): readonly LineVerdict[] {
  const last = samples.at(-1)?.seconds ?? 0
  const judged = samples.filter(({ seconds }) => seconds >= last / 3)
  return bounds.map(bound => lineVerdict(judged, bound))
}

function lineVerdict(judged: readonly SoakSample[], { name, unit, growth, most }: SoakBound): LineVerdict {
  const points = judged.flatMap(({ seconds, figures }) => {
    const value = figures[name]
    return typeof value === 'number' ? [[seconds, value] as const] : []
  })
  if (points.length < fewest) {
    const why = `${points.length} values, too few to judge`
    return { name, unit, isFlat: false, middle: undefined, largest: undefined, slopePerHour: undefined, why }
  }
  const values = points.map(([, value]) => value)
  const [middle, largest] = [medianOf(values), Math.max(...values)]
  const slope = slopeOf(points)
  const hours = ((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0)) / 3600
  const grown = slope * 3600 * hours
  const allowed = growth * Math.abs(middle)
  const why =
    grown > allowed
      ? `grew by ${figure(grown)} ${unit}, more than ${figure(allowed)}`
      : most !== undefined && largest > most
        ? `reached ${figure(largest)} ${unit}, more than ${figure(most)}`
        : `grew by ${figure(grown)} ${unit}, at most ${figure(allowed)} allowed`
  const isFlat = grown <= allowed && (most === undefined || largest <= most)
  return { name, unit, isFlat, middle, largest, slopePerHour: slope * 3600, why }
}

/** Maintenance comes every ten minutes; a look may come a little late. */
const periodSeconds = 600
const latenessSeconds = 5

/** A second. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const pairs = points.flatMap(([x1, y1], i) =>
    points.slice(i + 1).flatMap(([x2, y2]) => (x2 > x1 ? [{ apart: x2 - x1, slope: (y2 - y1) / (x2 - x1) }] : [])),
  )
  const alike = pairs.filter(({ apart }) => {
    const beyond = apart % periodSeconds
    return apart > latenessSeconds && Math.min(beyond, periodSeconds - beyond) <= latenessSeconds
  })
  return medianOf((alike.length < fewest ? pairs : alike).map(({ slope }) => slope))
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
