import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp, type UndeclaredFields } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import {
  datedFields,
  decodeUndeclared,
  noneSeen,
  type SeenFields,
  undeclaredText,
  withReported,
} from '../../../shared/pipeline/monitor/sourceDrift.js'
import { readStatus } from '../../../shared/pipeline/status/index.js'
import { type Row } from '../../../shared/types/index.js'
import { startRegistryServer } from '../../harness/registryServer.js'
import { avroLong, avroString, framed } from '../../harness/wireValues.js'
import { BronzeFixture, day0 } from '../bronze/bronzeFixture.js'
import { look, settings } from './monitorFixture.js'

const schema = z.object({ id: z.string().min(1), at: timestamp() })
const streamOf = (shape: z.ZodObject, format: 'json' | 'confluent-avro' = 'json') =>
  defineStream({
    name: 'orders',
    topic: 'orders',
    schema: shape as typeof schema,
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    format,
  })
const stream = streamOf(schema)

const at = new Date(day0).toISOString()
const open = (of = stream, more: Readonly<Record<string, string>> = {}) =>
  BronzeFixture.open({ stream: of, settings: { ...settings, ...more } })

function send(f: BronzeFixture, values: readonly (Uint8Array | object)[]): void {
  f.source.append(
    f.stream.topic,
    values.map(value => ({
      key: null,
      value: value instanceof Uint8Array ? value : Buffer.from(JSON.stringify({ id: 'a', at, ...value })),
      timestamp: day0,
      partition: 0,
    })),
  )
}

interface Entry {
  readonly field: string | null
  readonly records: number
  readonly line: string | null
  readonly first?: string
  readonly last?: string
}

const entriesOf = (row: Row | undefined) => JSON.parse(row?.['undeclared_fields'] as string) as Entry[]
const short = (row: Row | undefined) => entriesOf(row).map(({ field, records, line }) => [field, records, line])
const country = 'country: z.string().optional()'

describe('fields that records have and the contract lacks', () => {
  test('stand in the row of bronze and in the status with the line for them, and nowhere when there are none', async () => {
    await using f = await open()
    send(f, [{}, {}])
    await f.deliver([0, 1])
    const before = await look(f)
    expect(short(before['bronze'])).toEqual([])
    expect(before['silver']?.['undeclared_fields']).toBeNull()
    send(f, [{ country: 'se' }, { country: 'dk', ['__proto__']: 1 }, { country: 'no', id: '' }])
    await f.deliver([2, 3])
    await catchUp(f.lake, 'command')
    const { bronze } = await look(f)
    expect(short(bronze)).toEqual([
      ['country', 3, country],
      ['__proto__', 1, null],
    ])
    expect(bronze?.['status']).toBe('OK')
    const { tables } = await readStatus(f.lake, [stream])
    expect(tables.find(({ layer }) => layer === 'bronze')?.undeclared).toEqual([
      { field: 'country', records: 3, line: country },
      { field: '__proto__', records: 1, line: undefined },
    ])
  })

  test('of formats with schemas too, whatever their kinds', async () => {
    const fields = [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'seen', type: { type: 'long', logicalType: 'local-timestamp-millis' } },
      { name: 'raw', type: 'bytes' },
      { name: 'inner', type: { type: 'record', name: 'Inner', fields: [{ name: 'n', type: ['null', 'long'] }] } },
    ]
    await using registry = await startRegistryServer()
    registry.register(1, { schema: JSON.stringify({ type: 'record', name: 'Order', fields }) })
    await using f = await open(streamOf(schema, 'confluent-avro'), { SCHEMA_REGISTRY_URL: registry.url })
    const value = Buffer.concat([
      avroString('a'),
      avroLong(day0),
      avroLong(day0),
      avroString('b'),
      avroLong(1),
      avroLong(2n ** 62n),
    ])
    send(f, [framed(1, value)])
    await f.deliver([0])
    expect(short((await look(f))['bronze'])).toEqual([
      ['seen', 1, 'seen: timestampNtz().optional()'],
      ['raw', 1, 'raw: binary().optional()'],
      ['inner', 1, 'inner: z.object({ n: long().optional() }).optional()'],
    ])
  })

  test('a contract that gains the field has nothing to say of it any more; one that loses it counts anew', async () => {
    await using f = await open()
    send(f, [{ country: 'se', city: 'Lund' }])
    await f.deliver([0])
    await look(f)
    const gained = streamOf(schema.extend({ country: z.string().optional() }))
    await using later = await BronzeFixture.open({
      store: f.store,
      source: f.source,
      clock: f.clock,
      stream: gained,
      settings,
    })
    expect(short((await look(later))['bronze'])).toEqual([['city', 1, 'city: z.string().optional()']])
    send(f, [{ country: 'dk' }])
    await f.deliver([1])
    expect(short((await look(f))['bronze'])).toEqual([
      ['city', 1, 'city: z.string().optional()'],
      ['country', 1, country],
    ])
  })
})

const found = (...names: string[]): UndeclaredFields => ({
  fields: names.map(name => ({ path: [name], records: 1, kinds: ['text'] })),
  others: 0,
})

describe('what is remembered of them', () => {
  test('names that come once do not drive out those that many records have', () => {
    let seen: SeenFields = noneSeen
    for (let turn = 0; turn < 20; turn++) {
      seen = withReported(seen, { ...found('country'), others: 0 })
      seen = withReported(seen, found(...Array.from({ length: 50 }, (_, i) => `x${turn}-${i}`)))
    }
    expect(seen.fields).toHaveLength(50)
    expect(seen.fields[0]).toMatchObject({ path: ['country'], records: 20 })
    const total = seen.fields.reduce((sum, { records }) => sum + records, seen.others)
    expect(total).toBe(20 + 20 * 50)
    expect(undeclaredText(stream, seen)).toMatch(/\{"field":null,"records":951,"line":null\}\]$/)
  })

  test('each has the first and the last run that found it, and is forgotten a week after that', () => {
    const [day, week] = [86_400_000, 7 * 86_400_000]
    const one = datedFields(noneSeen, withReported(noneSeen, found('a', 'b')), stream, day0)
    const two = datedFields(one, withReported(one, found('b')), stream, day0 + day)
    expect(two.fields.map(({ path, records, first, last }) => [path[0], records, first, last])).toEqual([
      ['a', 1, day0, day0],
      ['b', 2, day0, day0 + day],
    ])
    const three = datedFields(two, two, stream, day0 + week + 1)
    expect(three.fields.map(({ path }) => path[0])).toEqual(['b'])
    expect(datedFields(three, three, stream, day0 + week + day + 1)).toEqual(noneSeen)
  })

  test('goes through JSON, and what is no such thing is left out', () => {
    const seen = datedFields(noneSeen, withReported(noneSeen, found('__proto__', 'b')), stream, day0)
    expect(decodeUndeclared(JSON.parse(JSON.stringify(seen)))).toEqual(seen)
    for (const json of [
      undefined,
      null,
      3,
      [],
      { fields: 3 },
      { fields: [null, { path: [] }, { path: [2], kinds: [], records: 1 }, { path: 'x' }] },
    ])
      expect(decodeUndeclared(json)).toEqual(noneSeen)
    expect(
      decodeUndeclared({ fields: [{ path: ['a', 0], records: 'x', kinds: ['text', 'unheard of'] }] }).fields,
    ).toEqual([{ path: ['a', 0], records: 0, kinds: ['text'] }])
  })
})
