import { expect, test } from 'vitest'

import {
  commitDuration,
  consumedMessages,
  monitorGauges,
  rowsByOutcome,
} from '../../../shared/telemetry/metrics/instruments.js'
import { Metrics } from '../../../shared/telemetry/metrics/metrics.js'
import { prometheusText } from '../../../shared/telemetry/metrics/prometheusText.js'
import { measuringListener } from '../../../shared/telemetry/metrics/runMetrics.js'

const freshness = monitorGauges.get('freshness_seconds') ?? consumedMessages

test('a value on a bound is in that bucket, one beyond the last in the last', () => {
  const metrics = new Metrics(0)
  for (const value of [0.005, 0.0051, 10, 10.1, Number.NaN, -1]) metrics.add(commitDuration, {}, value, 7)
  const [point] = metrics.collect()[0]?.points ?? []
  expect(point?.buckets).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
  expect(point?.value).toBeCloseTo(20.1101)
})

test('names without end do not take memory without end: beyond two thousand they are one', () => {
  const metrics = new Metrics(0)
  for (let i = 0; i < 5000; i++)
    metrics.add(rowsByOutcome, { 'lake.table': 'x'.repeat(5000).slice(i % 2) + String(i) }, 1, 0)
  for (let i = 0; i < 5000; i++) metrics.add(consumedMessages, { topic: String(i) }, 1, 0)
  for (const { points } of metrics.collect()) {
    expect(points.length).toBeLessThanOrEqual(2000)
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(5000)
    for (const { attributes } of points) expect(JSON.stringify(attributes).length).toBeLessThan(1200)
  }
  expect(metrics.collect()[1]?.points.at(-1)?.attributes).toEqual({ 'otel.metric.overflow': true })
})

test('a table that the monitor sees no more has no age', () => {
  const metrics = new Metrics(0)
  const listener = measuringListener(metrics, new Map())
  const row = (table: string) => ({
    table_name: table,
    stream: 's',
    layer: 'bronze',
    freshness_seconds: 3,
    lag: 9007199254740993n,
  })
  listener.observed?.([row('bronze.a'), row('bronze.b')])
  listener.observed?.([row('bronze.b')])
  expect(prometheusText(metrics.collect())).not.toContain('bronze.a')
  expect(prometheusText(metrics.collect())).toContain('lake_table="bronze.b"')
})

test("Prometheus' text has names, types and escapes as its format asks", () => {
  const metrics = new Metrics(0)
  metrics.set(freshness, { 'lake.table': 'a"b\\c\nd\u0007' }, 1.5, 0)
  metrics.add(consumedMessages, { 'messaging.system': 'kafka' }, 3, 0)
  metrics.add(commitDuration, { 'lake.table': 't' }, 0.3, 0)
  const text = prometheusText(metrics.collect())
  expect(text).toContain(
    '# TYPE lake_freshness_seconds gauge\nlake_freshness_seconds{lake_table="a\\"b\\\\c\\nd\u0007"} 1.5\n',
  )
  expect(text).toContain('# TYPE messaging_client_consumed_messages_total counter\n')
  expect(text).toContain('messaging_client_consumed_messages_total{messaging_system="kafka"} 3\n')
  expect(text).toContain('lake_commit_duration_seconds_bucket{lake_table="t",le="0.25"} 0\n')
  expect(text).toContain('lake_commit_duration_seconds_bucket{lake_table="t",le="+Inf"} 1\n')
  expect(text).toContain('lake_commit_duration_seconds_count{lake_table="t"} 1\n')
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{.+\})? \S+)$/s)
})

test('sets of attributes that differ in a kind, or in where a text ends, are series of their own; one left out is none', () => {
  const metrics = new Metrics(0)
  for (const attributes of [
    { a: 'true' },
    { a: true },
    { a: '1' },
    { a: 1 },
    { a: 'x', b: 'y' },
    { a: 'x1:bstring1:y' },
  ])
    metrics.add(rowsByOutcome, attributes, 1, 0)
  metrics.add(rowsByOutcome, { a: 'true', b: undefined }, 1, 0)
  expect(metrics.collect()[0]?.points.map(({ value }) => value)).toEqual([2, 1, 1, 1, 1, 1])
})
