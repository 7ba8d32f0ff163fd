import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { bronzePath, defineStream, long, type Stream, timestamp } from '../../shared/contract/index.js'
import { catchUp } from '../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { startTestBroker, type TestBroker } from '../harness/broker.js'
import { type Registry, startRegistry } from '../harness/schemaRegistry.js'

const formats = ['confluent-avro', 'confluent-json-schema', 'confluent-protobuf'] as const
const [largest, day] = [2n ** 63n - 1n, Date.UTC(2025, 3, 1)]

let broker: TestBroker
let registry: Registry
beforeAll(async () => {
  ;[broker, registry] = await Promise.all([startTestBroker(), startRegistry()])
})
afterAll(async () => {
  await broker.close()
  await registry[Symbol.asyncDispose]()
})

interface Order {
  readonly id: string
  readonly at: number
  readonly amount: string
  readonly note?: string
}

const orders = (from: number, to: number, noted: boolean): readonly Order[] =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    const note = noted && n % 3 > 0 ? { note: `é ${n}` } : {}
    return { id: `k${n}`, at: day + n * 1001, amount: String(largest - BigInt(n)), ...note }
  })

function streamOf(format: (typeof formats)[number], topic: string, name: string = format): Stream {
  return defineStream({
    name: name.replaceAll('-', '_'),
    topic,
    format,
    schema: z.object({ id: z.string().min(1), at: timestamp(), amount: long(), note: z.string().nullish() }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
  })
}

async function rowsOf(lake: Lake, stream: Stream): Promise<readonly string[]> {
  const { readTable } = await import('../pipeline/bronze/bronzeFixture.js')
  const rows = await readTable(lake, bronzePath(stream))
  return rows
    .map(row =>
      row['_error_code'] === null
        ? `${row['id'] as string} ${row['at'] as bigint} ${row['amount'] as bigint} ${(row['note'] ?? 'null') as string}`
        : `${row['_error_code'] as string}: ${row['_error_message'] as string}`,
    )
    .toSorted()
}

const expected = (all: readonly Order[]) =>
  all.map(({ id, at, amount, note }) => `${id} ${BigInt(at) * 1000n} ${amount} ${note ?? 'null'}`).toSorted()

test('what Confluent wrote in every format is read, its schema changed and the registry killed on the way', async () => {
  const topics = await Promise.all(formats.map(format => broker.topic(format, { numPartitions: 2 })))
  const streams = formats.map((format, i) => streamOf(format, topics[i] ?? ''))
  const plan = (evolved: boolean, of: readonly Order[]) =>
    formats.map((format, i) => ({ topic: topics[i], format, evolved, orders: of }))
  const settings = readSettings({
    LAKE_URL: 'file:///unused',
    KAFKA_BROKERS: broker.brokers,
    SCHEMA_REGISTRY_URL: registry.url,
    SCHEMA_REGISTRY_REQUEST_TIMEOUT_MS: '5000',
  })
  const lake = await openLake(settings, { store: new MemoryStore(), streams })
  try {
    const [first, second] = [orders(0, 200, false), orders(200, 400, true)]
    await registry.produce('confluent', broker.brokers, plan(false, first))
    for (const { error } of await catchUp(lake, 'command')) expect(error).toBeUndefined()
    for (const stream of streams) expect(await rowsOf(lake, stream)).toEqual(expected(first))

    await registry.produce('confluent', broker.brokers, plan(true, second))
    await registry.kill()
    for (const { error } of await catchUp(lake, 'command'))
      expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    await registry.start()
    for (const { error } of await catchUp(lake, 'command')) expect(error).toBeUndefined()
    for (const stream of streams) expect(await rowsOf(lake, stream)).toEqual(expected([...first, ...second]))
  } finally {
    await lake.close()
  }
})

test("what Apicurio's serializers wrote in Confluent's framing is read, its schema changed on the way", async () => {
  const own = 'apicurio-protobuf'
  const written = [...formats, own]
  const topics = await Promise.all(written.map(format => broker.topic(`apicurio-${format}`, { numPartitions: 2 })))
  const streams = written.map((name, i) => streamOf(formats[i] ?? 'confluent-protobuf', topics[i] ?? '', name))
  const settings = readSettings({
    LAKE_URL: 'file:///unused',
    KAFKA_BROKERS: broker.brokers,
    SCHEMA_REGISTRY_URL: registry.url,
  })
  const lake = await openLake(settings, { store: new MemoryStore(), streams })
  try {
    const [first, second] = [orders(0, 200, false), orders(200, 400, true)]
    const parts = [
      { evolved: false, orders: first },
      { evolved: true, orders: second },
    ]
    const plan = parts.flatMap(part => written.map((format, i) => ({ ...part, format, topic: topics[i] })))
    await registry.produce('apicurio', broker.brokers, plan)
    for (const { error } of await catchUp(lake, 'command')) expect(error).toBeUndefined()
    for (const stream of streams.slice(0, formats.length))
      expect(await rowsOf(lake, stream), stream.name).toEqual(expected([...first, ...second]))
    // Its own framing of Protobuf is another: such values are kept, and told how they are to be written.
    const rejected = await rowsOf(lake, streams.at(-1) as Stream)
    expect(new Set(rejected.map(row => row.replace(/schema \d+/, 'schema')))).toEqual(
      new Set([expect.stringContaining('apicurio.registry.serde.send-indexes=true') as string]),
    )
    expect(rejected).toHaveLength(400)
  } finally {
    await lake.close()
  }
})
