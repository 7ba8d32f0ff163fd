import type { Instrument } from './instruments.js'

/** What a point is measured of; undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** A value of one instrument and set of attributes. */
export interface Point {
  readonly attributes: Attributes
  /** Milliseconds since 1970; of a gauge, when it was seen. */
  readonly time: number
  /** A counter's or gauge's value, or a histogram's sum. */
  readonly value: number
  /** Of a histogram: values up to each bound, and one more beyond the last. */
  readonly buckets?: readonly number[]
}

/** All points of one instrument. */
export interface Measured {
  readonly instrument: Instrument
  readonly points: readonly Point[]
}

/** So many sets of attributes an instrument may have; what comes on top is one point, as OpenTelemetry's SDKs do it. */
const mostSeries = 2000
const overflow: Attributes = { 'otel.metric.overflow': true }

/** Longest value of an attribute, in characters. */
const longestValue = 1024

interface Series {
  readonly attributes: Attributes
  time: number
  value: number
  readonly buckets: number[] | undefined
}

/** Counts and sums since `startTime`, and the last of each gauge, in memory: nothing in it waits or fails. */
export class Metrics {
  /** Milliseconds since 1970. */
  readonly startTime: number
  readonly #series = new Map<Instrument, Map<string, Series>>()

  constructor(startTime: number) {
    this.startTime = startTime
  }

  /** Adds to a counter, or a value to a histogram. What is no number is left out. */
  add(instrument: Instrument, attributes: Attributes, value: number, time: number): void {
    if (!Number.isFinite(value) || value < 0) return
    const series = this.#seriesOf(instrument, attributes)
    series.time = time
    series.value += value
    if (series.buckets === undefined) return
    const at = instrument.bounds?.findIndex(bound => value <= bound) ?? -1
    const bucket = at < 0 ? series.buckets.length - 1 : at
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }

  /** Sets a gauge. */
  set(instrument: Instrument, attributes: Attributes, value: number, time: number): void {
    if (!Number.isFinite(value)) return
    const series = this.#seriesOf(instrument, attributes)
    series.time = time
    series.value = value
  }

  /** Takes away what a gauge said: a table that is no longer there has no age. */
  clear(instrument: Instrument): void {
    this.#series.delete(instrument)
  }

  /** All there is, by instrument. */
  collect(): readonly Measured[] {
    return Array.from(this.#series, ([instrument, series]) => ({
      instrument,
      points: Array.from(series.values(), ({ buckets, ...point }) => ({
        ...point,
        ...(buckets === undefined ? {} : { buckets: [...buckets] }),
      })),
    }))
  }

  #seriesOf(instrument: Instrument, attributes: Attributes): Series {
    let all = this.#series.get(instrument)
    if (all === undefined) this.#series.set(instrument, (all = new Map<string, Series>()))
    const key = keyOf(attributes)
    const known = all.get(key)
    if (known !== undefined) return known
    const [name, kept] = all.size < mostSeries - 1 ? [key, bounded(attributes)] : [keyOf(overflow), overflow]
    const series = all.get(name) ?? {
      attributes: kept,
      time: 0,
      value: 0,
      buckets: instrument.kind === 'histogram' ? Array.from({ length: boundsOf(instrument) + 1 }, () => 0) : undefined,
    }
    all.set(name, series)
    return series
  }
}

const boundsOf = (instrument: Instrument) => instrument.bounds?.length ?? 0

/** Asked for several times a delivery: every text stands behind its length, so that no two sets have one key. */
function keyOf(attributes: Attributes): string {
  let key = ''
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (value === undefined) continue
    const text = typeof value === 'string' ? value.slice(0, longestValue) : String(value)
    key += `${name.length}:${name}${typeof value}${text.length}:${text}`
  }
  return key
}

function bounded(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, typeof value === 'string' ? value.slice(0, longestValue).toWellFormed() : value]],
    ),
  )
}
