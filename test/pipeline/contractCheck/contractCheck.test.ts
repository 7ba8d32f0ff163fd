import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { binary, defineStream, double, long, type StreamFormat, timestamp } from '../../../shared/contract/index.js'
import { checkContract } from '../../../shared/pipeline/contractCheck/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { startRegistryServer } from '../../harness/registryServer.js'
import { avroLong, avroString, framed } from '../../harness/wireValues.js'
import { BronzeFixture, day0 } from '../bronze/bronzeFixture.js'

const hour = { sinceMs: 3_600_000, most: 1_000 }

const common = {
  name: 'orders',
  topic: 'orders',
  key: 'id',
  eventTime: 'at',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

const stream = (more: z.core.$ZodLooseShape, format: StreamFormat = 'json') =>
  defineStream({ ...common, schema: z.object({ id: z.string(), at: timestamp(), ...more }), format })

async function send(f: BronzeFixture, values: readonly (string | Uint8Array)[]): Promise<void> {
  const records = values.map(value => ({
    key: null,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    timestamp: day0,
    partition: 0,
  }))
  f.source.append('orders', records)
  await f.deliver(values.map((_, i) => i))
}

const order = (id: string, value: unknown, note?: unknown) =>
  JSON.stringify({ id, at: new Date(day0).toISOString(), value, note })

const found = async (lake: Lake, ...[declared, sample]: [ReturnType<typeof stream>, object?]) => {
  const { findings, tried } = await checkContract(lake, declared, { ...hour, ...sample })
  return {
    tried,
    findings: findings.map(({ against, verdict, field, reason, count }) => [against, verdict, field, reason, count]),
  }
}

describe('against records that bronze has', () => {
  test('what would be rejected is counted by reason with an example; what is rejected anyway is a note', async () => {
    await using f = await BronzeFixture.open({ stream: stream({ value: double() }) })
    await send(f, [order('a', 1), order('b', -1), order('c', -2), order('d', 'x'), '{', order('e', 3, 7)])
    expect(await found(f.lake, f.stream)).toEqual({
      tried: 6,
      findings: [
        ['records', 'note', 'value', 'FIELD_VALUE', 1],
        ['records', 'note', '', 'NOT_JSON', 1],
      ],
    })
    const { findings } = await checkContract(f.lake, stream({ value: double().min(0) }), hour)
    expect(findings[0]).toMatchObject({
      verdict: 'breaks',
      field: 'value',
      reason: 'FIELD_VALUE',
      count: 2,
      example: { partition: 0, offset: 1n },
    })
    expect(findings.filter(({ verdict }) => verdict === 'breaks')).toHaveLength(1)
  })

  test('what was rejected and would be taken is counted by the reason that it had, with an example', async () => {
    await using f = await BronzeFixture.open({ stream: stream({ value: double(), note: z.string().max(1) }) })
    const values = [
      order('a', 1, 'x'),
      order('b', 'x', 'y'),
      order('c', 2, 'long'),
      order('d', 3, 'longer'),
      order('e', 4),
      '{',
    ]
    await send(f, values)
    const looser = stream({ value: double(), note: z.string() })
    const { findings, tried } = await checkContract(f.lake, looser, hour)
    expect(tried).toBe(6)
    expect(findings.filter(({ verdict }) => verdict === 'mends')).toEqual([
      {
        against: 'records',
        verdict: 'mends',
        field: 'note',
        reason: 'FIELD_VALUE',
        count: 2,
        example: { partition: 0, offset: 2n },
        message: expect.stringMatching(/^would be valid now; rejected as ./) as string,
      },
    ])
    // Those that stay rejected, and a record that is rejected for another reason, are told apart from them.
    expect(findings.filter(({ verdict }) => verdict === 'note').map(({ field, count }) => [field, count])).toEqual(
      expect.arrayContaining([
        ['value', 1],
        ['note', 1],
        ['', 1],
      ]),
    )
    const filtered = {
      ...common,
      schema: z.object({ id: z.string(), at: timestamp(), note: z.string() }),
      where: () => false,
    }
    const left = (await checkContract(f.lake, defineStream(filtered), hour)).findings.find(
      ({ verdict }) => verdict === 'mends',
    )
    expect(left?.message).toMatch(/^would be left out now \(FILTERED\); rejected as/)
  })

  test('no more than asked for, and none from before', async () => {
    await using f = await BronzeFixture.open({ stream: stream({ value: double() }) })
    await send(
      f,
      Array.from({ length: 50 }, (_, n) => order(`k${n}`, n)),
    )
    expect(await found(f.lake, f.stream, { most: 7 })).toMatchObject({ tried: 7 })
    f.clock.advance(3_600_001)
    expect(await found(f.lake, f.stream)).toEqual({ tried: 0, findings: [] })
  })

  test('what the contract leaves out on purpose is no finding', async () => {
    await using f = await BronzeFixture.open({ stream: stream({ value: double() }) })
    await send(f, [order('a', 1)])
    const filtered = defineStream({
      name: 'orders',
      topic: 'orders',
      schema: z.object({ id: z.string(), at: timestamp(), value: double() }),
      key: 'id',
      eventTime: 'at',
      allowedLateness: '10 minutes',
      dedupeWithin: '1 day',
      where: () => false,
    })
    expect(await found(f.lake, filtered)).toEqual({ tried: 1, findings: [] })
  })
})

describe('against the tables', () => {
  test('a column of another type breaks, a new one is added, one that is gone stays', async () => {
    await using f = await BronzeFixture.open({ stream: stream({ value: double(), old: z.string().optional() }) })
    await send(f, [order('a', 1)])
    expect((await found(f.lake, stream({ value: double(), more: long().optional() }))).findings).toEqual([
      ['table', 'note', 'more', undefined, undefined],
      ['table', 'note', 'old', undefined, undefined],
    ])
    const changed = (await found(f.lake, stream({ value: z.boolean() }))).findings
    expect(changed).toContainEqual(['table', 'breaks', 'value', undefined, undefined])
  })
})

describe('against what is inside columns', () => {
  test('of a table: a type that changes, a field that is new, one that is gone, in every column that has one', async () => {
    const before = {
      value: double(),
      place: z.object({ lat: double(), old: z.string().optional() }).optional(),
      lines: z.array(z.object({ n: z.string() })).optional(),
      marks: z.record(z.string(), z.object({ gone: z.string().optional(), kept: z.string().optional() })).optional(),
    }
    await using f = await BronzeFixture.open({ stream: stream(before) })
    await send(f, [order('a', 1)])
    const after = stream({
      value: z.string(),
      place: z.object({ lat: z.string(), fresh: long().optional() }).optional(),
      lines: z.array(z.object({ n: z.string(), more: z.string().optional() })).optional(),
      marks: z.record(z.string(), z.object({ kept: z.string().optional() })).optional(),
    })
    const findings = (await found(f.lake, after)).findings.filter(([against]) => against === 'table')
    expect(findings.map(([, verdict, field]) => [verdict, field])).toEqual([
      ['breaks', 'value'],
      ['breaks', 'place.lat'],
      ['note', 'lines.element.more'],
      ['note', 'marks.value.gone'],
    ])
  })

  const inner = [
    { name: 'lat', type: 'double' },
    { name: 'unit', type: ['null', 'string'] },
    { name: 'extra', type: 'int' },
    { name: 'total', aliases: ['amount'], type: 'long' },
  ]
  const avro = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'place', type: ['null', { type: 'record', name: 'P', fields: inner }] },
      { name: 'rows', type: { type: 'array', items: 'P' } },
      { name: 'marks', type: { type: 'map', values: 'P' } },
      { name: 'self', type: ['null', 'Order'] },
    ],
  }
  const place = {
    lat: { type: 'number' },
    unit: { type: ['null', 'string'] },
    extra: { type: 'integer' },
    total: { type: 'integer' },
  }
  const object = { type: 'object', properties: place, required: Object.keys(place) }
  const json = {
    type: 'object',
    required: ['id', 'at', 'place', 'rows', 'marks'],
    properties: {
      id: { type: 'string' },
      at: { type: 'string' },
      place: object,
      rows: { type: 'array', items: object },
      marks: { type: 'object', additionalProperties: object },
    },
  }
  const proto = `syntax = "proto3"; import "google/protobuf/timestamp.proto";
    message Order { string id = 1; google.protobuf.Timestamp at = 2; P place = 3; repeated P rows = 4; map<string, P> marks = 5; Order self = 6; }
    message P { double lat = 1; optional string unit = 2; int32 extra = 3; int64 total = 4; }`

  test.each([
    ['confluent-avro', 'AVRO', JSON.stringify(avro)],
    ['confluent-json-schema', 'JSON', JSON.stringify(json)],
    ['confluent-protobuf', 'PROTOBUF', proto],
  ] as const)(
    'of a schema, %s: what is lacking, never fits, may be missing, is there besides',
    async (format, schemaType, schema) => {
      await using registry = await startRegistryServer()
      registry.register(1, { schemaType, schema }, 'orders-value')
      const part = z.object({
        lat: binary(),
        unit: z.string(),
        gone: z.string(),
        spare: z.string().optional(),
        amount: long().meta({ aliases: ['total'] }),
      })
      const declared = stream({ place: part.nullish(), rows: z.array(part), marks: z.record(z.string(), part) }, format)
      await using f = await BronzeFixture.open({ stream: declared, settings: { SCHEMA_REGISTRY_URL: registry.url } })
      const { findings } = await found(f.lake, declared)
      for (const at of ['place', 'rows[]', 'marks{}'])
        expect(
          findings
            .filter(([, , field]) => String(field).startsWith(`${at}.`))
            .map(([, verdict, field]) => [verdict, field]),
        ).toEqual([
          ['breaks', `${at}.lat`],
          ['note', `${at}.unit`],
          ['breaks', `${at}.gone`],
          ['note', `${at}.spare`],
          ['note', `${at}.extra`],
        ])
    },
  )

  test('of a strict object: what it rejects breaks, unless records may lack it', async () => {
    await using registry = await startRegistryServer()
    registry.register(1, { schema: JSON.stringify(avro) }, 'orders-value')
    const part = z.strictObject({ lat: double(), unit: z.string().nullish(), amount: long() })
    const rows = z.array(z.object({ lat: double() }))
    const marks = z.record(z.string(), z.object({ lat: double() }))
    const declared = stream({ place: part.nullish(), rows, marks }, 'confluent-avro')
    await using f = await BronzeFixture.open({ stream: declared, settings: { SCHEMA_REGISTRY_URL: registry.url } })
    const { findings } = await found(f.lake, declared)
    // The alias of the schema is a name, too.
    expect(findings.filter(([, verdict]) => verdict === 'breaks').map(([, , field]) => field)).toEqual(['place.extra'])
  })
})

describe('against the schema of the subject', () => {
  const avro = JSON.stringify({
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'count', type: 'long' },
      { name: 'note', type: ['null', 'string'] },
      { name: 'kind', type: { type: 'record', name: 'K', fields: [] } },
    ],
  })
  const json = JSON.stringify({
    type: 'object',
    required: ['id', 'at', 'count', 'kind'],
    properties: {
      id: { type: 'string' },
      at: { type: 'string' },
      count: { type: 'integer' },
      note: { type: ['null', 'string'] },
      kind: { type: 'object' },
    },
  })
  const proto = `syntax = "proto3"; import "google/protobuf/timestamp.proto";
    message Order { string id = 1; google.protobuf.Timestamp at = 2; int64 count = 3; optional string note = 4; Kind kind = 5; }
    message Kind {}`

  test.each([
    ['confluent-avro', 'AVRO', avro],
    ['confluent-json-schema', 'JSON', json],
    ['confluent-protobuf', 'PROTOBUF', proto],
  ] as const)(
    '%s: what it lacks, what never fits, what may be missing, what it has besides',
    async (format, schemaType, schema) => {
      await using registry = await startRegistryServer()
      registry.register(1, { schemaType, schema }, 'orders-value')
      const declared = stream(
        { count: binary(), note: z.string(), gone: z.string(), spare: z.string().optional() },
        format,
      )
      await using f = await BronzeFixture.open({ stream: declared, settings: { SCHEMA_REGISTRY_URL: registry.url } })
      const { findings } = await found(f.lake, declared)
      expect(findings).toContainEqual(['schema', 'breaks', 'count', undefined, undefined])
      expect(findings).toContainEqual(['schema', 'breaks', 'gone', undefined, undefined])
      expect(findings).toContainEqual(['schema', 'note', 'note', undefined, undefined])
      expect(findings).toContainEqual(['schema', 'note', 'spare', undefined, undefined])
      expect(findings).toContainEqual(['schema', 'note', 'kind', undefined, undefined])
      expect(findings.filter(([, verdict]) => verdict === 'breaks')).toHaveLength(2)
      const fits = stream({ count: long(), note: z.string().nullish() }, format)
      expect((await found(f.lake, fits)).findings).toEqual([
        // Protobuf's messages may be absent.
        ...(schemaType === 'PROTOBUF' ? [['schema', 'note', 'at', undefined, undefined]] : []),
        ['schema', 'note', 'kind', undefined, undefined],
      ])
    },
  )

  test('a subject that is not there is said; another may be named', async () => {
    await using registry = await startRegistryServer()
    registry.register(1, { schema: avro }, 'shop.Order')
    const declared = stream({ count: long(), note: z.string().nullish() }, 'confluent-avro')
    await using f = await BronzeFixture.open({ stream: declared, settings: { SCHEMA_REGISTRY_URL: registry.url } })
    const { findings } = await checkContract(f.lake, declared, hour)
    expect(findings).toMatchObject([{ message: 'the registry has no subject orders-value' }])
    expect((await found(f.lake, declared, { subject: 'shop.Order' })).findings).toEqual([
      ['schema', 'note', 'kind', undefined, undefined],
    ])
  })

  test('records are tried with the schemas that they were written with', async () => {
    await using registry = await startRegistryServer()
    registry.register(1, {
      schema: JSON.stringify({
        type: 'record',
        name: 'r',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
        ],
      }),
    })
    const declared = stream({}, 'confluent-avro')
    await using f = await BronzeFixture.open({ stream: declared, settings: { SCHEMA_REGISTRY_URL: registry.url } })
    await send(f, [framed(1, avroString('a'), avroLong(day0)), framed(9)])
    const { findings } = await found(f.lake, stream({ note: z.string() }, 'confluent-avro'))
    expect(findings).toContainEqual(['records', 'breaks', 'note', 'FIELD_MISSING', 1])
    expect(findings).toContainEqual(['records', 'note', '', 'SCHEMA_UNKNOWN', 1])
  })
})
