import type { Attributes, Measured, Point } from '../metrics/index.js'
import type { TraceContext } from '../traceContext.js'

/**
 * Messages of OTLP 1.x in JSON over HTTP: ids hexadecimal, 64-bit numbers as text, enumerations as numbers.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

/** A span that has ended; times are milliseconds since 1970. */
export interface Span {
  readonly context: TraceContext
  readonly name: string
  readonly kind: 'internal' | 'consumer'
  readonly startTime: number
  readonly endTime: number
  readonly attributes: Attributes
  readonly links: readonly TraceContext[]
  /** What went wrong; undefined when nothing did. */
  readonly error: string | undefined
}

/** Longest text of an attribute or a status, in characters. */
const longestText = 4096

const scope = { name: 'kafka-delta-functions' }
const spanKinds = { internal: 1, consumer: 5 } as const
const statusError = 2
const cumulative = 2

/** The body of `POST /v1/traces`. */
export function tracesMessage(resource: Attributes, spans: readonly Span[]): string {
  const about = JSON.stringify({ attributes: attributesJson(resource) })
  const all = spans.map(spanText).join(',')
  return `{"resourceSpans":[{"resource":${about},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${all}]}]}]}`
}

/**
 * The body of `POST /v1/metrics`: sums and histograms since the beginning.
 * @param range milliseconds since 1970: when counting began, and now
 */
export function metricsMessage(
  resource: Attributes,
  measured: readonly Measured[],
  range: { readonly start: number; readonly now: number },
): string {
  const metrics = measured.map(one => metricJson(one, range))
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes: attributesJson(resource) }, scopeMetrics: [{ scope, metrics }] }],
  })
}

/** Links are most of a span, and their ids are hexadecimal digits: they are written as they are. */
function spanText({ links, ...rest }: Span): string {
  const linked = links.map(({ traceId, spanId }) => `{"traceId":"${traceId}","spanId":"${spanId}"}`).join(',')
  return `${JSON.stringify(spanJson(rest)).slice(0, -1)},"links":[${linked}]}`
}

function spanJson({ context, name, kind, startTime, endTime, attributes, error }: Omit<Span, 'links'>) {
  return {
    ...context,
    name: bounded(name),
    kind: spanKinds[kind],
    startTimeUnixNano: nanoseconds(startTime),
    endTimeUnixNano: nanoseconds(endTime),
    attributes: attributesJson(attributes),
    ...(error === undefined ? {} : { status: { code: statusError, message: bounded(error) } }),
  }
}

function metricJson({ instrument, points }: Measured, range: { readonly start: number; readonly now: number }) {
  const { name, unit, description, kind, bounds = [] } = instrument
  const about = { name, unit, description }
  const since = { startTimeUnixNano: nanoseconds(range.start), timeUnixNano: nanoseconds(range.now) }
  if (kind === 'gauge') return { ...about, gauge: { dataPoints: points.map(gaugePoint) } }
  if (kind === 'counter') {
    const dataPoints = points.map(({ attributes, value }) => ({
      ...since,
      attributes: attributesJson(attributes),
      ...numberJson(value),
    }))
    return { ...about, sum: { dataPoints, aggregationTemporality: cumulative, isMonotonic: true } }
  }
  const dataPoints = points.map(({ attributes, value, buckets = [] }) => ({
    ...since,
    attributes: attributesJson(attributes),
    count: String(buckets.reduce((sum, n) => sum + n, 0)),
    sum: value,
    bucketCounts: buckets.map(String),
    explicitBounds: bounds,
  }))
  return { ...about, histogram: { dataPoints, aggregationTemporality: cumulative } }
}

function gaugePoint({ attributes, value, time }: Point) {
  return { timeUnixNano: nanoseconds(time), attributes: attributesJson(attributes), ...numberJson(value) }
}

const numberJson = (value: number) => (Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value })

function attributesJson(attributes: Attributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key: bounded(key), value: valueJson(value) }],
  )
}

function valueJson(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: bounded(value) }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Of a text that is cut no half of a character is left, which protobuf would refuse. */
const bounded = (text: string) => text.slice(0, longestText).toWellFormed()

/** The last millisecond that 64 bits of nanoseconds hold: the year 2554. */
const lastMs = 18_446_744_073_709

/** A time that has no place in 64 bits is the nearest that has: one wrong clock must not cost the whole message. */
function nanoseconds(ms: number): string {
  const whole = Number.isNaN(ms) ? 0 : Math.round(Math.min(Math.max(ms, 0), lastMs))
  return whole === 0 ? '0' : `${whole}000000`
}
