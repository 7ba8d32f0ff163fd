import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { OffsetRange, PartitionOffsets, Source, SourceRecord } from '../../../shared/sources/index.js'
import { compressions, KafkaSource, type KafkaSourceOptions } from '../../../shared/sources/kafka/index.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'
import { javaClient } from '../../harness/javaClient.js'

let kafka: TestBroker
const open: Source[] = []

beforeAll(async () => {
  kafka = await startTestBroker({ properties: { 'log.cleaner.backoff.ms': '100' } })
})

afterAll(async () => {
  for (const source of open) await source.close()
  await kafka.close()
})

function newSource(options: Partial<KafkaSourceOptions> = {}): KafkaSource {
  const source = new KafkaSource({ connection: { brokers: [kafka.brokers] }, log: silentLogger, ...options })
  open.push(source)
  return source
}

/** Records and offsets without one, as the reader counts them apart; in one pass, because compaction goes on. */
async function countedApart(source: Source, topic: string, range: OffsetRange): Promise<bigint> {
  let counted = 0n
  for await (const batch of source.read(topic, range)) counted += batch.holes + BigInt(batch.records.length)
  return counted
}

async function readAll(
  source: Source,
  topic: string,
  range?: OffsetRange,
): Promise<{ records: SourceRecord[]; position: bigint }> {
  const asked = range ?? (await only(source, topic))
  const records: SourceRecord[] = []
  let position = asked.start
  for await (const batch of source.read(topic, asked)) {
    expect(batch.position > position).toBe(true)
    for (const { offset } of batch.records) expect(offset >= position && offset < batch.position).toBe(true)
    records.push(...batch.records)
    position = batch.position
  }
  return { records, position }
}

async function only(source: Source, topic: string): Promise<PartitionOffsets> {
  const [first] = await source.offsets(topic)
  if (first === undefined) throw new Error(`${topic} has no partition`)
  return first
}

const { None, GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes
const kafkajsTypes = { none: None, gzip: GZIP, snappy: Snappy, lz4: LZ4, zstd: ZSTD }

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())
const valueOf = (n: number): string => `{"event_id":"${n}","text":"${'abc'.repeat(n % 50)}","square":${n * n}}`
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ key: Buffer.from(`k${n}`), value: Buffer.from(valueOf(n)), partition: 0 }))

describe('every compression is read as it was written', () => {
  const count = 5_000
  const expected = Array.from({ length: count }, (_, n) => valueOf(n))

  test.each(compressions)("%s, by Java's client", async codec => {
    const topic = await kafka.topic(`java-${codec}`)
    await javaClient('produce', kafka.brokers, topic, codec, String(count))
    const { records } = await readAll(newSource(), topic)
    expect(records.map(({ value }) => text(value))).toEqual(expected)
    expect(records.map(({ timestamp }) => timestamp)).toEqual(expected.map((_, n) => 1_700_000_000_000 + n))
    expect(records.map(({ headers }) => headers.map(([key, value]) => [key, text(value)]))).toEqual(
      expected.map((_, n) => [['n', String(n)]]),
    )
  })

  test.each(compressions)('%s, by this source', async compression => {
    const topic = await kafka.topic(`own-${compression}`)
    const source = newSource({ compression })
    await source.produce(topic, numbered(count))
    const { records } = await readAll(source, topic)
    expect(records.map(({ value }) => text(value))).toEqual(expected)
  })

  test.each(compressions)('%s, through kafkajs, written by it and read by its consumer', async compression => {
    const topic = await kafka.topic(`kafkajs-${compression}`)
    const source = newSource({ compression })
    const producer = kafka.client.producer()
    await producer.connect()
    const messages = numbered(500).map(({ key, value }) => ({ key, value, partition: 0 }))
    await producer.send({ topic, messages, compression: kafkajsTypes[compression] })
    await producer.disconnect()
    await source.produce(topic, numbered(500))
    const twice = [...expected.slice(0, 500), ...expected.slice(0, 500)]
    expect((await readAll(source, topic)).records.map(({ value }) => text(value))).toEqual(twice)

    const consumer = kafka.client.consumer({ groupId: topic })
    const seen: (string | null)[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      void consumer.run({
        eachMessage: ({ message }) => {
          seen.push(text(message.value))
          if (seen.length === twice.length) resolve()
          return Promise.resolve()
        },
      })
    })
    await consumer.disconnect()
    expect(seen).toEqual(twice)
  })
})

describe('ranges', () => {
  test('a range inside batches is cut exactly at both ends', async () => {
    const topic = await kafka.topic('cut')
    const source = newSource({ fetchBytes: 10_000, compression: 'lz4' })
    for (let n = 0; n < 10; n++) await source.produce(topic, numbered(100))
    const { records, position } = await readAll(source, topic, { partition: 0, start: 137n, end: 862n })
    expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 725 }, (_, n) => BigInt(137 + n)))
    expect(position).toBe(862n)
  })

  test('an empty range yields nothing, and one beyond the log is refused on both sides', async () => {
    const topic = await kafka.topic('bounds')
    const source = newSource()
    await source.produce(topic, numbered(10))
    expect((await readAll(source, topic, { partition: 0, start: 10n, end: 10n })).records).toEqual([])
    const beyond = readAll(source, topic, { partition: 0, start: 5n, end: 11n })
    await expect(beyond).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE', retryable: false })
    await deleteRecords(topic, 4n)
    expect(await only(source, topic)).toEqual({ partition: 0, start: 4n, end: 10n, highWatermark: 10n })
    const below = readAll(source, topic, { partition: 0, start: 3n, end: 10n })
    await expect(below).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE', data: { start: 3n } })
    expect((await readAll(source, topic)).records).toHaveLength(6)
  })

  test('a caller who stops early leaves nothing behind, and a signal ends a read', async () => {
    const topic = await kafka.topic('early')
    const source = newSource({ fetchBytes: 10_000 })
    for (let n = 0; n < 10; n++) await source.produce(topic, numbered(500))
    for await (const batch of source.read(topic, await only(source, topic))) {
      expect(batch.records.length).toBeGreaterThan(0)
      break
    }
    const stop = new AbortController()
    const seen = (async () => {
      for await (const batch of source.read(topic, await only(source, topic), { signal: stop.signal })) {
        if (batch.records.length > 0) stop.abort(new Error('enough'))
      }
    })()
    await expect(seen).rejects.toThrow('enough')
    expect((await readAll(source, topic)).records).toHaveLength(5_000)
  })

  test('a topic or partition that does not exist is named', async () => {
    const source = newSource()
    await expect(source.offsets('nowhere')).rejects.toMatchObject({
      code: 'SOURCE_TOPIC_MISSING',
      data: { topic: 'nowhere' },
    })
    const topic = await kafka.topic('one')
    await expect(readAll(source, topic, { partition: 7, start: 0n, end: 1n })).rejects.toMatchObject({
      code: 'SOURCE_PARTITION_MISSING',
    })
  })

  test('partitions added later are seen, and time finds offsets', async () => {
    const topic = await kafka.topic('grown', { numPartitions: 2 })
    const source = newSource()
    const at = (timestamp: number) => ({ key: null, value: Buffer.from('x'), partition: 1, timestamp })
    await source.produce(topic, [at(1_000), at(2_000), at(3_000)])
    expect(await source.offsets(topic)).toHaveLength(2)
    const admin = kafka.client.admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await admin.disconnect()
    await expect.poll(() => source.offsets(topic), { timeout: 240_000 }).toHaveLength(3)
    expect(await source.offsetAt(topic, 1, 1_500)).toBe(1n)
    expect(await source.offsetAt(topic, 1, 3_000)).toBe(2n)
    expect(await source.offsetAt(topic, 1, 9_000)).toBe(3n)
    expect(await source.offsetAt(topic, 0, 0)).toBe(0n)
  })
})

test('bytes are kept: no key, empty value, tombstone, bytes that are not UTF-8, repeated headers in order', async () => {
  const topic = await kafka.topic('bytes')
  const source = newSource()
  const odd = Buffer.from([0xff, 0x00, 0xc3, 0x28])
  const written = [
    { key: null, value: Buffer.from('no key') },
    { key: Buffer.alloc(0), value: Buffer.alloc(0) },
    { key: Buffer.from('dead'), value: null },
    {
      key: odd,
      value: odd,
      headers: [
        ['a', Buffer.from('1')],
        ['b', null],
        ['a', odd],
        ['ü', Buffer.alloc(0)],
      ] as const,
    },
  ].map(record => ({ ...record, partition: 0, timestamp: 1_234_567 }))
  await source.produce(topic, written)
  const { records } = await readAll(source, topic)
  const plain = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
  expect(
    records.map(({ key, value, headers, timestamp }) => ({
      key: plain(key),
      value: plain(value),
      headers: headers.map(([k, v]) => [k, plain(v)]),
      timestamp,
    })),
  ).toEqual(
    written.map(record => ({
      key: plain(record.key),
      value: plain(record.value),
      headers: 'headers' in record ? record.headers.map(([k, v]) => [k, plain(v)]) : [],
      timestamp: 1_234_567,
    })),
  )
})

describe('natural holes', () => {
  test('records of aborted transactions are not seen, and the marker at the end is covered', async () => {
    const topic = await kafka.topic('transactions')
    await javaClient('transactions', kafka.brokers, topic)
    const source = newSource()
    // Ten records and six markers: the broker writes a marker after it has told the producer that its transaction is over.
    await expect.poll(async () => (await only(source, topic)).end, { timeout: 240_000 }).toBe(16n)
    const range = await only(source, topic)
    const { records, position } = await readAll(source, topic, range)
    const committed = ['a1 committed', 'a2 committed', 'plain', 'b3 committed', 'a4 committed']
    expect(records.map(({ value }) => text(value))).toEqual(committed)
    expect(position).toBe(range.end)
    expect(await countedApart(source, topic, range)).toBe(range.end)
    for (let start = 0n; start < range.end; start++)
      expect(await countedApart(source, topic, { ...range, start })).toBe(range.end - start)
    expect(range.highWatermark).toBe(range.end)
    expect(range.end).toBeGreaterThan((records.at(-1)?.offset ?? 0n) + 1n)
    // Whatever the borders of the range are, it holds the same records.
    for (let start = 0n; start < range.end; start++) {
      const part = await readAll(source, topic, { partition: 0, start, end: range.end })
      expect(part.records.map(({ offset }) => offset)).toEqual(
        records.map(({ offset }) => offset).filter(offset => offset >= start),
      )
      const head = await readAll(source, topic, { partition: 0, start: 0n, end: start + 1n })
      expect(head.records.map(({ offset }) => offset)).toEqual(
        records.map(({ offset }) => offset).filter(offset => offset <= start),
      )
      expect(head.position).toBe(start + 1n)
    }
  })

  test('an open transaction holds the end back', async () => {
    const topic = await kafka.topic('open')
    await javaClient('openTransaction', kafka.brokers, topic)
    const source = newSource()
    await source.produce(topic, numbered(3))
    const range = await only(source, topic)
    expect(range.end).toBe(2n)
    // What is written behind the open transaction shows in the high watermark alone.
    expect(range.highWatermark).toBeGreaterThanOrEqual(6n)
    expect((await readAll(source, topic, range)).records.map(({ value }) => text(value))).toEqual(['committed'])
    await expect(readAll(source, topic, { ...range, end: 5n })).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE' })
  })

  test('offsets that compaction took are covered, at the beginning, inside and in a range of nothing else', async () => {
    const topic = await kafka.topic('compacted', {
      configEntries: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'segment.ms', value: '100' },
        { name: 'min.cleanable.dirty.ratio', value: '0.001' },
      ],
    })
    const source = newSource()
    for (let round = 0; round < 5; round++) {
      const records = Array.from({ length: 100 }, (_, n) => ({
        key: Buffer.from(`k${n % 10}`),
        value: Buffer.from(`${round}/${n}`),
        partition: 0,
      }))
      await source.produce(topic, records)
      await new Promise(resolve => setTimeout(resolve, 150))
      await source.produce(topic, [{ key: Buffer.from('roll'), value: Buffer.from(String(round)), partition: 0 }])
    }
    await expect
      .poll(async () => (await readAll(source, topic)).records.length, { timeout: 240_000, interval: 500 })
      .toBeLessThan(300)
    const range = await only(source, topic)
    const { records, position } = await readAll(source, topic, range)
    expect(range).toMatchObject({ start: 0n, end: 505n })
    expect(position).toBe(505n)
    expect(await countedApart(source, topic, range)).toBe(505n)
    const first = records[0]?.offset ?? 0n
    expect(first).toBeGreaterThan(0n)
    expect(await readAll(source, topic, { partition: 0, start: 0n, end: first })).toEqual({
      records: [],
      position: first,
    })
  })
})

describe('a broker that restarts', () => {
  test.each(['stop', 'kill'] as const)('in the middle of a read (%s) is waited for', async how => {
    const topic = await kafka.topic(`restart-${how}`)
    const source = newSource({ fetchBytes: 20_000 })
    await source.produce(topic, numbered(20_000))
    const range = await only(source, topic)
    const seen: bigint[] = []
    let restart: Promise<void> | undefined
    for await (const batch of source.read(topic, range)) {
      seen.push(...batch.records.map(({ offset }) => offset))
      restart ??= kafka.restart(how)
      await Promise.race([restart, new Promise(resolve => setTimeout(resolve, 20))])
    }
    await restart
    expect(seen).toEqual(Array.from({ length: Number(range.end) }, (_, n) => BigInt(n)))
  })

  test('in the middle of writing neither loses nor doubles a record', async () => {
    const topic = await kafka.topic('written')
    const source = newSource()
    const batches = 40
    let restart: Promise<void> | undefined
    for (let n = 0; n < batches; n++) {
      if (n === 10) restart = kafka.restart('kill')
      await source.produce(topic, [{ key: null, value: Buffer.from(String(n)), partition: 0 }])
    }
    await restart
    const { records } = await readAll(source, topic)
    expect(records.map(({ value }) => text(value))).toEqual(Array.from({ length: batches }, (_, n) => String(n)))
  })

  test('one that stays away is an error that says so and may be retried', async () => {
    const source = newSource({ connection: { brokers: ['127.0.0.1:1'] }, retryTimeoutMs: 300 })
    await expect(source.offsets('any')).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
  })
})

async function deleteRecords(topic: string, start: bigint): Promise<void> {
  const admin = kafka.client.admin()
  await admin.connect()
  await admin.fetchTopicOffsets(topic) // deleteTopicRecords needs metadata that it does not fetch itself
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(start) }] })
  await admin.disconnect()
}
