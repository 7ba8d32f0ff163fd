import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { zstdCompressSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { KafkaFeed, kafkaInput, KafkaListener } from '../../../infra/local/host/index.js'
import { systemClock } from '../../../shared/clock.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { openLake } from '../../../shared/pipeline/lake/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { type ProducedRecord, recordBytes, type SourceRecord } from '../../../shared/sources/index.js'
import {
  checksummedFrom,
  clientSettings,
  Cluster,
  crc32c,
  encodeRecordBatch,
  headerSize,
  KafkaSource,
  requestProduce,
} from '../../../shared/sources/kafka/index.js'
import { fromKafkaTrigger } from '../../../shared/sources/trigger/index.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'
import { events } from '../../harness/sampleStream/events.js'
import { readTable } from '../../pipeline/bronze/bronzeFixture.js'

let kafka: TestBroker
let folder: string

beforeAll(async () => {
  kafka = await startTestBroker({ heap: 2_048 })
  folder = await mkdtemp(join(tmpdir(), 'any-record-'))
})

afterAll(async () => {
  await kafka.close()
  await rm(folder, { recursive: true, force: true })
})

const event = (n: number, more: Partial<ProducedRecord> = {}): ProducedRecord => ({
  key: Buffer.from(`k${n}`),
  value: Buffer.from(`{"event_id":"e${n}","event_type":"click","timestamp":"2026-01-01T00:00:00Z","value":${n}}`),
  partition: 0,
  ...more,
})

/** The records' bytes in two Zstandard frames with a skippable one between them. */
function twoFrames(records: readonly ProducedRecord[]): Buffer {
  const plain = encodeRecordBatch(records, Date.now())
  const body = plain.subarray(headerSize)
  const cut = Math.floor(body.length / 2)
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const packed = Buffer.concat([
    zstdCompressSync(body.subarray(0, cut)),
    skippable,
    zstdCompressSync(body.subarray(cut)),
  ])
  const batch = Buffer.concat([plain.subarray(0, headerSize), packed])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(4, 21)
  batch.writeUInt32BE(crc32c(batch, checksummedFrom), checksummedFrom - 4)
  return batch
}

async function produceBatch(topic: string, bytes: Buffer): Promise<void> {
  const cluster = new Cluster(clientSettings({ brokers: [kafka.brokers] }), silentLogger)
  try {
    const answers = await requestProduce(await cluster.leader(topic, 0), topic, [{ partition: 0, bytes }])
    expect(answers).toMatchObject([{ errorCode: 0 }])
  } finally {
    await cluster.close()
  }
}

const textSize = 600_000_000

/** Eleven records, most of them odd. */
async function oddTopic(): Promise<string> {
  const topic = await kafka.topic('odd', {
    configEntries: [
      { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' },
      { name: 'message.timestamp.before.max.ms', value: '9223372036854775807' },
      { name: 'max.message.bytes', value: '50000000' },
    ],
  })
  const source = new KafkaSource({ connection: { brokers: [kafka.brokers] }, compression: 'zstd' })
  try {
    await source.produce(topic, [event(0)])
    await source.produce(topic, [event(1, { value: Buffer.alloc(textSize, 'a') })])
    await source.produce(topic, [
      event(2, { headers: Array.from({ length: 1_000_000 }, (_, n) => [`h${n % 3}`, null] as const) }),
    ])
    for (const [n, timestamp] of [1.7e15, 1.7e18].entries()) await source.produce(topic, [event(3 + n, { timestamp })])
    await produceBatch(topic, twoFrames([5, 6, 7, 8].map(n => event(n))))
    await source.produce(topic, [event(9)])
  } finally {
    await source.close()
  }
  return topic
}

const lakeAt = (topic: string, name: string) =>
  openLake(readSettings({ KAFKA_BROKERS: kafka.brokers, LAKE_URL: pathToFileURL(join(folder, name)).href }), {
    streams: [{ ...events, topic }],
  })

async function checkRows(lake: Awaited<ReturnType<typeof lakeAt>>): Promise<void> {
  const rows = (await readTable(lake, 'bronze/events')).toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
  expect(rows.map(r => [r['_offset'], r['_error_code'], r['_timestamp'] === null])).toEqual([
    [0n, null, false],
    [1n, 'RECORD_TOO_LARGE', false],
    [2n, null, false],
    [3n, null, true],
    [4n, null, true],
    [5n, null, false],
    [6n, null, false],
    [7n, null, false],
    [8n, null, false],
    [9n, null, false],
  ])
  const sha256 = createHash('sha256').update(Buffer.alloc(textSize, 'a')).digest('hex')
  expect(rows[1]?.['_error_message']).toContain(`${textSize} bytes (SHA-256 ${sha256})`)
  expect(rows[1]?.['_value']).toBeNull()
  expect((JSON.parse(rows[2]?.['_headers'] as string) as unknown[]).length).toBe(1_000_000)
}

test('600 MB of text in one record, a million headers, timestamps that are no date, several zstd frames: each is a row, by a command and by the local host', async () => {
  const topic = await oddTopic()
  const ranged = await lakeAt(topic, 'ranged')
  try {
    expect(await catchUp(ranged, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 10 }])
    expect(await catchUp(ranged, 'command')).toMatchObject([{ outcome: 'nothingToDo' }])
    await checkRows(ranged)
  } finally {
    await ranged.close()
  }

  const delivered = await lakeAt(topic, 'delivered')
  const settings = {
    maxBatchSize: 4,
    subscriberIntervalInSeconds: 1,
    commitOnFailure: false,
    maxRetries: -1,
    autoOffsetReset: 'earliest',
    sessionTimeoutMs: 30_000,
    maxPollIntervalMs: 300_000,
    fetchMaxBytes: 2 ** 23,
    maxPartitionFetchBytes: 2 ** 20,
    queuedMaxMessagesKbytes: 2 ** 20,
  } as const
  const feed = new KafkaFeed({
    connection: { brokers: [kafka.brokers] },
    topic,
    consumerGroup: 'odd',
    settings,
    log: silentLogger,
  })
  const errors: unknown[] = []
  let done = 0
  const listener = new KafkaListener<SourceRecord>({
    async execute(records) {
      try {
        const { data } = kafkaInput({ name: 'records', type: 'kafkaTrigger', dataType: 'string' }, records)
        const payload = data.collectionString?.string.map(text => JSON.parse(text) as unknown)
        await ingestBatch(delivered, { ...events, topic }, fromKafkaTrigger(payload), 'kafka')
        done += records.length
        return undefined
      } catch (error) {
        errors.push(error)
        return error as Error
      }
    },
    store: next => feed.store(next),
    sizeOf: recordBytes,
    retry: undefined,
    settings,
    clock: systemClock,
    log: silentLogger,
  })
  feed.start(listener)
  try {
    await expect.poll(() => [done, errors], { timeout: 300_000, interval: 500 }).toEqual([10, []])
    await checkRows(delivered)
  } finally {
    await listener.stop()
    await feed.stop()
    await delivered.close()
  }
})
