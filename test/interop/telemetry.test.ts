import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { beforeAll, describe, expect, test } from 'vitest'

import { systemClock } from '../../shared/clock.js'
import { catchUp, ingestBatch } from '../../shared/pipeline/bronze/index.js'
import { runGold } from '../../shared/pipeline/gold/index.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { runMonitor } from '../../shared/pipeline/monitor/index.js'
import { runSilver } from '../../shared/pipeline/silver/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { silentLogger } from '../../shared/telemetry/index.js'
import { otlpListeners } from '../../shared/telemetry/otlp/index.js'
import { Collector } from '../harness/collector.js'
import { events } from '../harness/sampleStream/events.js'
import { type Messages, type ReadMessages, readMessages } from '../harness/telemetryReader.js'

const streams = [
  { ...events, model: undefined },
  { ...events, model: undefined, name: 'orders', topic: 'shop.orders' },
]
const traceId = '0af7651916cd43dd8448eb211c80319c'

function record(n: number) {
  const event = {
    event_id: String(n),
    event_type: 'click',
    timestamp: new Date(Date.now() - 1000).toISOString(),
    value: '1',
  }
  const value = n % 10 === 9 ? Buffer.from('broken') : Buffer.from(JSON.stringify(event))
  const traceparent = Buffer.from(`00-${traceId}-b7ad6b7169203331-01`)
  return { key: null, value, partition: 0, headers: [['traceparent', traceparent] as const] }
}

async function sent(): Promise<Messages> {
  await using collector = await Collector.start()
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const source = new MemorySource()
  for (const { topic } of streams) {
    source.createTopic(topic, 1)
    source.append(
      topic,
      Array.from({ length: 20 }, (_, n) => record(n)),
    )
  }
  const settings = readSettings({
    LAKE_URL: pathToFileURL(folder).href,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20test',
    OPENLINEAGE_URL: collector.url,
  })
  const lake = await openLake(settings, { source, streams })
  const { topic } = streams[0] ?? events
  for await (const { records } of source.read(topic, { partition: 0, start: 0n, end: 20n }))
    await ingestBatch(lake, lake.streams[0] ?? events, { records, reread: [] }, 'kafka')
  await catchUp(lake, 'timer')
  await runSilver(lake, 'timer')
  await runGold(lake, 'timer')
  await runMonitor(lake, 'timer')
  const refused = [{ topic, partition: 7, offset: 1n, timestamp: 0, key: null, value: null, headers: [] }]
  await ingestBatch(lake, lake.streams[0] ?? events, { records: refused, reread: [] }, 'kafka').catch(() => undefined)
  await lake.close()
  await rm(folder, { recursive: true, force: true })
  const texts = (path: string) => collector.received.filter(one => one.path === path).map(({ text }) => text)
  return { traces: texts('/v1/traces'), metrics: texts('/v1/metrics'), lineage: texts('/api/v1/lineage') }
}

describe("what a lake of two streams sends, read by the makers' own packages", () => {
  let read: ReadMessages

  beforeAll(async () => {
    read = await readMessages(await sent())
  })

  test('spans: one a run, of both streams, with the links from the record to gold', () => {
    const names = read.spans.map(({ name }) => name)
    for (const name of ['process events', 'process shop.orders', 'silver orders', 'gold events', 'monitor'])
      expect(names).toContain(name)
    const bronze = read.spans.find(({ name }) => name === 'process events')
    const silver = read.spans.find(({ name }) => name === 'silver events')
    const gold = read.spans.find(({ attributes }) => attributes['lake.table'] === 'gold.events_scored')
    expect(bronze).toMatchObject({ links: [traceId], kind: 5, attributes: { 'lake.table': 'bronze.events' } })
    expect(silver?.links).toEqual([bronze?.traceId])
    expect(gold?.links).toEqual([silver?.traceId])
    expect(bronze?.resource).toMatchObject({ 'deployment.environment.name': 'a test' })
    const failed = read.spans.filter(({ status: [code] }) => code === 2)
    expect(failed.map(({ attributes }) => attributes['lake.outcome'])).toEqual(['failed'])
  })

  test('metrics: counts of both streams, in their units', () => {
    const value = (name: string, wanted: Readonly<Record<string, unknown>>) =>
      read.points.find(
        point => point.name === name && Object.entries(wanted).every(([key, of]) => point.attributes[key] === of),
      )
    for (const { name, topic } of streams) {
      const table = { 'lake.table': `bronze.${name}` }
      expect(value('lake.rows', { ...table, outcome: 'valid' })).toMatchObject({
        value: 18,
        kind: 'sum',
        unit: '{row}',
      })
      expect(value('lake.rows', { ...table, outcome: 'quarantined' })?.value).toBe(2)
      expect(value('lake.lag.records', table)?.value).toBe(0)
      expect(value('lake.quarantine.backlog', table)?.value).toBe(2)
      expect(value('lake.freshness', table)).toMatchObject({ kind: 'gauge', unit: 's' })
      expect(value('messaging.client.consumed.messages', { 'messaging.destination.name': topic })?.value).toBe(20)
    }
    expect(value('messaging.process.duration', { 'messaging.operation.name': 'process' })).toMatchObject({
      kind: 'histogram',
      unit: 's',
    })
  })

  test('lineage: each run begins and ends, with facets that the client knows', () => {
    const ends = read.events.filter(({ type }) => type !== 'START')
    expect(read.events.length).toBe(ends.length * 2)
    const of = (job: string) => ends.find(one => one.job === job && one.outputs.length > 0)
    expect(of('bronze.orders')?.outputs[0]?.facets).toEqual({
      schema: 'SchemaDatasetFacet',
      storage: 'StorageDatasetFacet',
      version: 'DatasetVersionDatasetFacet',
      columnLineage: 'ColumnLineageDatasetFacet',
      outputStatistics: 'OutputStatisticsOutputDatasetFacet',
    })
    expect(of('silver.orders')?.inputs[0]?.facets).toMatchObject({
      version: 'DatasetVersionDatasetFacet',
      dataQualityMetrics: 'DataQualityMetricsInputDatasetFacet',
    })
    expect(of('silver.events')?.outputs[0]?.facets).toMatchObject({ columnLineage: 'ColumnLineageDatasetFacet' })
    expect(of('gold.events')?.outputs[0]?.facets).toMatchObject({ columnLineage: 'ColumnLineageDatasetFacet' })
    expect(ends.filter(({ type }) => type === 'FAIL').map(({ facets }) => facets)).toEqual([
      { errorMessage: 'ErrorMessageRunFacet', jobType: 'JobTypeJobFacet' },
    ])
  })
})

test('names that are huge, half characters and controls are messages that protobuf reads', async () => {
  await using collector = await Collector.start()
  const name = `\u0000\u001b[2J\ud83d"\\\n${'é'.repeat(100_000)}`
  const to = (path: string) => ({ url: `${collector.url}/v1/${path}`, headers: {}, timeoutMs: 60_000, gzip: true })
  const listeners = otlpListeners({
    traces: to('traces'),
    metrics: to('metrics'),
    intervalMs: 3_600_000,
    resource: { 'service.name': name },
    places: new Map([[name, { system: 'kafka', topic: name, consumerGroup: name }]]),
    clock: systemClock,
    log: silentLogger,
  })
  const run = {
    runId: '0af76519-16cd-43dd-8448-eb211c80319c',
    step: 'bronze',
    stream: name,
    trigger: 'kafka',
    host: name,
    outcome: 'failed',
    errorCode: name,
    errorMessage: name,
    processId: 1,
    startTime: 1.5,
    endTime: 8_640_000_000_000_000,
    durationMs: 3,
    ...{ rowsIn: Number.MAX_SAFE_INTEGER, rowsOut: 1e300, bytesIn: 0, bytesOut: 0, cpuMs: 0 },
    ...{ memoryBytes: 0, peakMemoryBytes: 0, estimatedCostUsd: 0 },
    ...{ storageReads: 0, storageWrites: 0, storageLists: 0, storageDeletes: 0 },
  } as const
  const ranges = Array.from({ length: 5000 }, (_, partition) => ({ partition, from: 2n ** 62n, to: 2n ** 63n - 1n }))
  for (const listener of listeners)
    listener.ended?.(run, { table: name, version: 2 ** 40, ranges, rows: { valid: 2 ** 60 }, commitMs: [1, 2] })
  for (const listener of listeners)
    listener.observed?.([{ table_name: name, stream: name, layer: name, lag: 2n ** 63n, freshness_seconds: 1e-9 }])
  for (const listener of listeners) await listener.close?.()
  const texts = (path: string) => collector.received.filter(one => one.path === path).map(({ text }) => text)
  const messages = { traces: texts('/v1/traces'), metrics: texts('/v1/metrics'), lineage: [] }
  expect(messages.traces.join().length + messages.metrics.join().length).toBeLessThan(200_000)
  const read = await readMessages(messages)
  expect(read.spans).toHaveLength(1)
  expect(read.spans[0]?.status[1]).toMatch(/^\u0000\u001b\[2J\ufffd"\\\né+$/)
  expect(read.points.find(point => point.name === 'lake.lag.records')?.value).toBe(2 ** 63)
})
