import { expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../../shared/contract/index.js'
import { ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { catchUp } from '../../../shared/pipeline/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import type { Header } from '../../../shared/sources/index.js'
import { contextOfRun } from '../../../shared/telemetry/index.js'
import { Collector, keptLog } from '../../harness/collector.js'
import { events } from '../../harness/sampleStream/events.js'
import { BronzeFixture, eventRecord, range } from '../bronze/bronzeFixture.js'

const orders = defineStream({
  name: 'orders',
  topic: 'shop.orders',
  schema: z.object({ order_id: z.string(), at: timestamp() }),
  key: 'order_id',
  eventTime: 'at',
  allowedLateness: '1 hour',
  dedupeWithin: '1 day',
})

const secret = 'c2VjcmV0LW9mLXRoZS1jb2xsZWN0b3I'
const traceOf = (n: number) => `${'0'.repeat(24)}${String(n).padStart(8, '0')}`
const traced = (n: number): readonly Header[] => [
  ['traceparent', Buffer.from(n === 3 ? 'no trace' : `00-${traceOf(n)}-00f067aa0ba902b7-01`)],
]

interface Sent {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: string }[]
  readonly status?: { readonly code: number; readonly message: string }
}

function spansOf(collector: Collector): readonly Sent[] {
  const messages = collector.at('/v1/traces') as readonly {
    resourceSpans: { scopeSpans: { spans: Sent[] }[] }[]
  }[]
  return messages.flatMap(m => m.resourceSpans.flatMap(r => r.scopeSpans.flatMap(({ spans }) => spans)))
}

const plain = (span: Sent | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))

function lake(collector: Collector) {
  return BronzeFixture.open({
    streams: [events, orders],
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret}`,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
      OTEL_SERVICE_NAME: 'lake-of-tests',
      OPENLINEAGE_URL: collector.url,
      OPENLINEAGE_API_KEY: secret,
      LAKE_URL: 'https://acme.dfs.core.windows.net/lake/prod',
      KAFKA_BROKERS: 'one:9092, two:9092',
    },
  })
}

async function runBoth(f: BronzeFixture): Promise<void> {
  f.source.createTopic(orders.topic, 1)
  f.source.append(
    events.topic,
    range(0, 100).map(n => ({ ...eventRecord(n), partition: 0, headers: traced(n) })),
  )
  f.source.append(orders.topic, [
    { key: null, value: Buffer.from('{"order_id":"1","at":"2025-04-01T00:00:00Z"}'), partition: 0 },
    { key: null, value: Buffer.from('no order'), partition: 0 },
  ])
  await f.deliver(range(0, 100))
  const records: unknown[] = []
  for await (const batch of f.source.read(orders.topic, { partition: 0, start: 0n, end: 2n }))
    records.push(...batch.records)
  await ingestBatch(f.lake, orders, { records: records as never, reread: [] }, 'kafka')
  await refineSilver(f.lake, events)
  await refineSilver(f.lake, orders)
  await runMonitor(f.lake, 'timer')
}

test('two streams: each run is a span with table, version and offsets, linked to the spans that its rows come from', async () => {
  await using collector = await Collector.start()
  const f = await lake(collector)
  await runBoth(f)
  await f.lake.close()
  const spans = spansOf(collector)
  expect(spans.map(({ name }) => name)).toEqual([
    'process events',
    'process shop.orders',
    'silver events',
    'silver orders',
    'monitor',
  ])
  const [bronze, , silver] = spans
  expect(plain(bronze)).toMatchObject({
    'lake.table': 'bronze.events',
    'lake.table.version': '1',
    'lake.offsets': '0:0-99',
    'messaging.system': 'kafka',
    'messaging.destination.name': 'events',
    'messaging.batch.message_count': '100',
  })
  const linked = bronze?.links.map(({ traceId }) => traceId) ?? []
  expect(linked).toHaveLength(32)
  expect(linked[0]).toBe(traceOf(2))
  expect(Number(linked.at(-1))).toBeGreaterThan(90)
  expect(silver?.links).toEqual([{ traceId: bronze?.traceId, spanId: bronze?.spanId }])
  expect(contextOfRun(String(plain(bronze)['lake.run.id']))).toEqual({
    traceId: bronze?.traceId,
    spanId: bronze?.spanId,
  })
  expect(plain(silver)).toMatchObject({ 'lake.source': 'bronze.events', 'lake.source.version': '1' })
})

test('the metrics are those of both streams, by the conventions, and nothing that is sent has a secret in it', async () => {
  await using collector = await Collector.start()
  const f = await lake(collector)
  await runBoth(f)
  await f.lake.close()
  const text = JSON.stringify(collector.at('/v1/metrics'))
  for (const name of [
    'messaging.client.consumed.messages',
    'messaging.process.duration',
    'lake.rows',
    'lake.commit.duration',
    'lake.run.duration',
    'lake.freshness',
    'lake.lag.records',
    'lake.quarantine.backlog',
  ])
    expect(text).toContain(`"name":"${name}"`)
  expect(text).toContain('"shop.orders"')
  expect(text).toContain('{"key":"outcome","value":{"stringValue":"quarantined"}}')
  expect(text).toContain('lake-of-tests')
  expect(text).not.toContain('"other"')
  expect(collector.received.map(one => one.text).join()).not.toContain(secret)
  for (const { path, headers } of collector.received)
    expect([path, headers['authorization']]).toEqual([path, `Bearer ${secret}`])
})

test('lineage: what each run of a step read and wrote, and one that fails says why without its secret', async () => {
  await using collector = await Collector.start()
  const f = await lake(collector)
  await runBoth(f)
  f.source.read = () => {
    throw new Error('AccountKey=c2VjcmV0c2VjcmV0 is refused')
  }
  f.append(range(100, 110))
  const records = [{ topic: 'events', partition: 0, offset: 105n, timestamp: 0, key: null, value: null, headers: [] }]
  await expect(ingestBatch(f.lake, events, { records, reread: [] }, 'kafka')).rejects.toThrow()
  await f.lake.close()
  const told = collector.at('/api/v1/lineage') as readonly {
    eventType: string
    job: { namespace: string; name: string }
    run: { runId: string; facets: { errorMessage?: { message: string } } }
    inputs: { namespace: string; name: string; facets: { version?: { datasetVersion: string } } }[]
    outputs: { namespace: string; name: string; facets: Record<string, Record<string, unknown>> }[]
  }[]
  expect(told.map(({ eventType, job }) => `${eventType} ${job.name}`)).toEqual([
    'START bronze.events',
    'START bronze.orders',
    'START silver.events',
    'COMPLETE silver.events',
    'START silver.orders',
    'COMPLETE silver.orders',
    'FAIL bronze.events',
    'COMPLETE bronze.orders',
  ])
  const silver = told[3]
  const failed = told.at(-2)
  const account = 'abfss://lake@acme.dfs.core.windows.net'
  expect(failed?.inputs).toMatchObject([{ namespace: 'kafka://one:9092', name: 'events' }])
  expect(failed?.run.runId).toBe(told[0]?.run.runId)
  expect(failed?.outputs).toMatchObject([
    { name: 'prod/bronze/events', outputFacets: { outputStatistics: { rowCount: 100 } } },
  ])
  expect(silver?.inputs).toMatchObject([
    { namespace: account, name: 'prod/bronze/events', facets: { version: { datasetVersion: '1' } } },
  ])
  expect(silver?.outputs).toMatchObject([{ namespace: account, name: 'prod/silver/events' }])
  const { columnLineage } = silver?.outputs[0]?.facets ?? {}
  expect(Object.keys(columnLineage?.['fields'] ?? {})).toEqual(expect.arrayContaining(['event_id', '_offset', 'value']))
  expect(failed?.run.facets.errorMessage?.message).toContain('is refused')
  expect(collector.received.map(one => one.text).join()).not.toContain('c2VjcmV0c2VjcmV0')
})

test('collectors that are down, refuse or never answer neither fail nor delay a run', async () => {
  for (const fault of ['down', 'refuses', 'silent'] as const) {
    await using collector = await Collector.start()
    if (fault === 'refuses') collector.status = 401
    collector.isSilent = fault === 'silent'
    const f = await lake(collector)
    if (fault === 'down') await collector[Symbol.asyncDispose]()
    f.append(range(0, 5))
    expect(await f.deliver(range(0, 5))).toMatchObject({ outcome: 'committed', rowsOut: 5 })
    expect(await refineSilver(f.lake, events)).toMatchObject({ outcome: 'committed' })
    await f.lake.close()
  }
})

test('each signal goes to its own address, with its own headers, compressed as it asks; a part that is rejected is said', async () => {
  await using traces = await Collector.start()
  await using metrics = await Collector.start()
  traces.answer = { body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too many links"}}' }
  const { lines, log } = keptLog()
  const f = await BronzeFixture.open({
    log,
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: metrics.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=of-both-signals',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${traces.url}/spans/here`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=of-spans-alone',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'none',
    },
  })
  f.append(range(0, 5))
  await f.deliver(range(0, 5))
  await f.lake.close()
  const about = ({ received }: Collector) =>
    received.map(({ path, headers: h }) => [path, h['authorization'], h['x-key'], h['content-encoding']])
  expect(about(traces)).toEqual([['/spans/here', undefined, 'of-spans-alone', 'gzip']])
  expect(about(metrics)).toEqual([['/v1/metrics', 'of-both-signals', undefined, undefined]])
  expect(lines.join()).toContain('1 were rejected: too many links')
})

test('with an address for metrics alone no spans are sent, and nobody looks for those of records', async () => {
  await using collector = await Collector.start()
  const f = await BronzeFixture.open({ settings: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/m` } })
  f.append(range(0, 5))
  await f.deliver(range(0, 5))
  expect(f.lake.listeners.some(listener => listener.followsSources === true)).toBe(false)
  await f.lake.close()
  expect(collector.received.map(({ path }) => path)).toEqual(['/m'])
})

test('runs that read the source themselves are linked to the spans of the records too', async () => {
  await using collector = await Collector.start()
  const f = await lake(collector)
  const append = (topic: string, values: readonly string[], first: number) => {
    f.source.append(
      topic,
      values.map((value, i) => ({ key: null, value: Buffer.from(value), partition: 0, headers: traced(first + i) })),
    )
  }
  f.source.createTopic(orders.topic, 1)
  append(events.topic, ['{}', '{}', '{}', '{}', '{}'], 1)
  append(orders.topic, ['{}', 'no order'], 11)
  for (const stream of [events, orders]) await catchUp(f.lake, 'timer', { stream, stalledForMs: 0 })
  await f.lake.close()
  const linked = spansOf(collector)
    .filter(({ name }) => name.startsWith('process'))
    .map(({ name, links }) => [name, links.map(({ traceId }) => traceId)])
  expect(linked).toEqual([
    ['process events', [1, 2, 4, 5].map(traceOf)],
    ['process shop.orders', [11, 12].map(traceOf)],
  ])
})

test('without a collector nobody looks for spans in the records', async () => {
  await using f = await BronzeFixture.open()
  expect(f.lake.listeners.some(listener => listener.followsSources === true)).toBe(false)
})
