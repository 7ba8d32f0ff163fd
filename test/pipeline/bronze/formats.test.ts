import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, long, silverPath, type StreamFormat, timestamp } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { replayQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import { type RegistryServer, startRegistryServer } from '../../harness/registryServer.js'
import { avroLong, avroString, framed } from '../../harness/wireValues.js'
import { BronzeFixture, day0 } from './bronzeFixture.js'

const stream = (format: StreamFormat, name = 'orders') =>
  defineStream({
    name,
    topic: 'orders',
    schema: z.object({ id: z.string().min(1), at: timestamp(), amount: long(), note: z.string().nullish() }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    format,
  })

const fields = [
  { name: 'id', type: 'string' },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  { name: 'amount', type: 'long' },
]
const avro = (more: readonly object[] = []) => ({ type: 'record', name: 'Order', fields: [...fields, ...more] })
const noted = avro([{ name: 'note', type: ['null', 'string'], default: null }])

/** An order as Avro; with a note it is of the second schema. */
function order(id: string, amount: bigint, note?: string): Buffer {
  const rest = note === undefined ? [] : [avroLong(1), avroString(note)]
  return Buffer.concat([avroString(id), avroLong(day0), avroLong(amount), ...rest])
}

interface Opened extends AsyncDisposable {
  readonly f: BronzeFixture
  readonly registry: RegistryServer
}

async function open(format: StreamFormat = 'confluent-avro'): Promise<Opened> {
  const registry = await startRegistryServer()
  const f = await BronzeFixture.open({
    stream: stream(format),
    settings: { SCHEMA_REGISTRY_URL: registry.url, DUCKDB_MEMORY_LIMIT: '256MB' },
  })
  return {
    f,
    registry,
    async [Symbol.asyncDispose]() {
      await f[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

function send(f: BronzeFixture, values: readonly (Uint8Array | null)[]): void {
  f.source.append(
    'orders',
    values.map(value => ({ key: null, value, timestamp: day0, partition: 0 })),
  )
}

const largest = 2n ** 63n - 1n

async function bronze(f: BronzeFixture) {
  const rows = await f.rows()
  return rows
    .toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
    .map(row => [row['id'], row['amount'], row['note'], row['_error_code']])
}

describe('values that name a schema', () => {
  test('each is decoded with the schema that it was written with, and bronze keeps its bytes', async () => {
    await using opened = await open()
    const { f, registry } = opened
    registry.register(1, { schema: JSON.stringify(avro()) })
    registry.register(2 ** 31 - 1, { schema: JSON.stringify(noted) })
    const values = [framed(1, order('a', largest)), framed(2 ** 31 - 1, order('b', -largest - 1n, 'é')), null]
    send(f, values)
    await f.deliver([0, 1, 2])
    expect(await bronze(f)).toEqual([
      ['a', largest, null, null],
      ['b', -largest - 1n, 'é', null],
      [null, null, null, null],
    ])
    const kept = (await f.rows()).toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
    expect(kept.map(row => row['_value'] && Buffer.from(row['_value'] as Uint8Array))).toEqual(values)
  })

  test('the contract is the reader: its defaults, its former names and those that a later schema tells', async () => {
    const renamed = [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'total', aliases: ['amount'], type: 'long' },
      { name: 'unit', type: 'string', default: 'kg' },
    ]
    await using registry = await startRegistryServer()
    registry.register(1, { schema: JSON.stringify(avro()) })
    registry.register(2, { schema: JSON.stringify({ type: 'record', name: 'Order', fields: renamed }) })
    const roles = { key: 'id', eventTime: 'at', allowedLateness: '10 minutes', dedupeWithin: '1 day' } as const
    const from = { ...roles, name: 'orders', topic: 'orders', format: 'confluent-avro' } as const
    const after = z.object({
      id: z.string(),
      at: timestamp(),
      total: long().meta({ aliases: ['amount'] }),
      unit: z.string().default('piece'),
    })
    // From before the producers renamed the field, and from after it.
    const contracts = [stream('confluent-avro'), defineStream({ ...from, schema: after })]
    const read = await Promise.all(
      contracts.map(async contract => {
        await using f = await BronzeFixture.open({ stream: contract, settings: { SCHEMA_REGISTRY_URL: registry.url } })
        send(f, [framed(1, order('a', 1n)), framed(2, Buffer.concat([order('b', 2n), avroString('g')]))])
        await f.deliver([0, 1])
        const rows = (await f.rows()).toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
        return rows.map(row => [row['id'], row['amount'] ?? row['total'], row['unit']])
      }),
    )
    expect(read).toEqual([
      [
        ['a', 1n, undefined],
        ['b', 2n, undefined],
      ],
      [
        ['a', 1n, 'piece'],
        ['b', 2n, 'g'],
      ],
    ])
  })

  test('a schema is asked for once, whoever reads with it', async () => {
    await using opened = await open()
    const { f, registry } = opened
    registry.register(1, { schema: JSON.stringify(avro()) })
    send(
      f,
      Array.from({ length: 50 }, (_, n) => framed(1, order(`k${n}`, BigInt(n)))),
    )
    await f.deliver([0, 1])
    await f.deliver([2])
    await catchUp(f.lake, 'command')
    expect(registry.asked).toEqual(['/schemas/ids/1'])
    expect(await f.rows()).toHaveLength(50)
  })

  test('while the registry does not answer nothing is passed, and afterwards everything is there once', async () => {
    await using opened = await open()
    const { f, registry } = opened
    registry.register(1, { schema: JSON.stringify(avro()) })
    registry.register(2, { schema: JSON.stringify(noted) })
    send(f, [framed(1, order('a', 1n))])
    await f.deliver([0])
    send(f, [framed(1, order('b', 2n)), framed(2, order('c', 3n, 'x'))])
    await registry.stop()
    await expect(f.deliver([1, 2])).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', retryable: true })
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ error: { code: 'REGISTRY_UNREACHABLE' } })
    expect(await f.rows()).toHaveLength(1)
    await registry.start()
    await f.deliver([1, 2])
    expect((await bronze(f)).map(([id]) => id)).toEqual(['a', 'b', 'c'])
  })

  test.each([401, 500, 503])('HTTP %i is no reason to reject a record', async status => {
    await using opened = await open()
    const { f, registry } = opened
    send(f, [framed(1, order('a', 1n))])
    registry.fault = (_, response) => {
      response.writeHead(status).end()
      return 'answered'
    }
    await expect(f.deliver([0])).rejects.toThrow(`HTTP ${status}`)
    expect(await f.version()).toBeLessThan(1)
  })

  test('what cannot be decoded is rejected with the schema named; the rest of the batch is there', async () => {
    await using opened = await open()
    const { f, registry } = opened
    registry.register(1, { schema: JSON.stringify(avro()) })
    registry.register(3, { schemaType: 'JSON', schema: '{}' })
    registry.register(4, { schema: '{"type":"record"' })
    registry.register(5, { schema: '{"type":"record","name":"r","fields":[{"name":"f","type":"gone"}]}' })
    const good = framed(1, order('a', 1n))
    send(f, [
      good,
      framed(7, order('b', 1n)),
      framed(3),
      framed(4),
      framed(5),
      framed(1, Buffer.from([0xff])),
      Buffer.from('{"id":1}'),
      Buffer.from([0, 0]),
      Buffer.alloc(0),
      framed(-1),
    ])
    await f.deliver([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const rows = (await f.rows()).toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
    expect(rows.map(row => [row['_error_code'], row['_error_path'], row['_error_message']])).toEqual([
      [null, null, null],
      ['SCHEMA_UNKNOWN', '', 'the registry has no schema 7, which the value names'],
      ['SCHEMA_UNUSABLE', '', expect.stringContaining('schema 3, which the value names, is JSON')],
      ['SCHEMA_UNUSABLE', '', expect.stringContaining('schema 4 (AVRO) cannot be used')],
      ['SCHEMA_UNUSABLE', '', expect.stringContaining('"gone" is not declared')],
      [
        'NOT_DECODED',
        'id',
        expect.stringContaining('the value of schema 1 cannot be decoded: the value ends too early'),
      ],
      ['NOT_DECODED', '', expect.stringContaining('begins with the byte 123')],
      ['NOT_DECODED', '', expect.stringContaining('2 bytes are too few')],
      ['NOT_DECODED', '', expect.stringContaining('it is empty')],
      ['SCHEMA_UNKNOWN', '', expect.stringContaining('no schema -1')],
    ])
  })

  test('a record of a schema that was registered too late is replayed with it, once', async () => {
    await using opened = await open()
    const { f, registry } = opened
    send(f, [framed(9, order('a', 5n)), framed(9, order('b', 6n))])
    await f.deliver([0, 1])
    registry.register(9, { schema: JSON.stringify(avro()) })
    f.clock.advance(60_000)
    for (const replayed of [2, 0])
      expect(await replayQuarantine(f.lake, f.stream, {}, { by: 'ada' })).toMatchObject({ replayed, remaining: [] })
    const rows = await f.read(silverPath(f.stream))
    expect(rows.map(row => `${row['id'] as string}=${row['amount'] as bigint}`).toSorted()).toEqual(['a=5', 'b=6'])
  })

  test('a fix is JSON, whatever the values are', async () => {
    await using opened = await open()
    const { f, registry } = opened
    registry.register(1, { schema: JSON.stringify(avro()) })
    send(f, [framed(1, Buffer.from([0xff]))])
    await f.deliver([0])
    const fix = `'{"id": "mended", "at": "2025-04-01T00:00:00Z", "amount": "${largest}"}'`
    expect(await replayQuarantine(f.lake, f.stream, {}, { by: 'ada', fix })).toMatchObject({ replayed: 1 })
    expect(await f.read(silverPath(f.stream))).toMatchObject([{ id: 'mended', amount: largest }])
  })

  test('a stream without a registry says which setting it lacks', async () => {
    await using f = await BronzeFixture.open({ stream: stream('confluent-avro') })
    send(f, [framed(1, order('a', 1n))])
    await expect(f.deliver([0])).rejects.toMatchObject({ code: 'REGISTRY_NOT_SET' })
  })
})

describe('other formats', () => {
  test('JSON behind the id of a JSON Schema keeps all digits', async () => {
    await using opened = await open('confluent-json-schema')
    const { f, registry } = opened
    registry.register(1, { schemaType: 'JSON', schema: '{"type":"object"}' })
    const at = new Date(day0).toISOString()
    send(f, [
      framed(1, Buffer.from(`{"id":"a","at":"${at}","amount":${largest}}`)),
      framed(1, Buffer.from('{')),
      framed(2, Buffer.from('{}')),
    ])
    await f.deliver([0, 1, 2])
    expect(await bronze(f)).toEqual([
      ['a', largest, null, null],
      [null, null, null, 'NOT_DECODED'],
      [null, null, null, 'SCHEMA_UNKNOWN'],
    ])
  })

  test('plain Avro is read with the schema of the declaration, and asks no registry', async () => {
    await using opened = await open({ avro: noted })
    const { f, registry } = opened
    send(f, [order('a', 1n, 'x'), order('b', 2n)])
    await f.deliver([0, 1])
    expect(await bronze(f)).toEqual([
      ['a', 1n, 'x', null],
      [null, null, null, 'NOT_DECODED'],
    ])
    expect(registry.asked).toEqual([])
    expect(await refineSilver(f.lake, f.stream)).not.toHaveProperty('error.message')
  })

  test('two streams of two formats read one topic, each in its own way', async () => {
    await using registry = await startRegistryServer()
    registry.register(1, { schema: JSON.stringify(avro()) })
    const [framedStream, json] = [stream('confluent-avro'), stream('json', 'orders_json')]
    const settings = { SCHEMA_REGISTRY_URL: registry.url }
    await using f = await BronzeFixture.open({ stream: framedStream, streams: [framedStream, json], settings })
    send(f, [framed(1, order('a', 1n)), Buffer.from(`{"id":"b","at":"${new Date(day0).toISOString()}","amount":2}`)])
    await catchUp(f.lake, 'command')
    const ids = async (path: string) => (await f.read(path)).map(row => row['id'])
    expect((await ids('bronze/orders')).toSorted()).toEqual(['a', null])
    expect((await ids('bronze/orders_json')).toSorted()).toEqual(['b', null])
  })

  test('a plain schema that cannot be used is said by the name of the stream', async () => {
    await using opened = await open({ avro: { type: 'record' } })
    send(opened.f, [order('a', 1n)])
    await expect(opened.f.deliver([0])).rejects.toThrow(/Stream "orders".*Avro schema.*no name/)
  })
})
