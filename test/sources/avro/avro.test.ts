import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { DecodedTime } from '../../../shared/contract/index.js'
import { avroDecoder, avroSchema } from '../../../shared/sources/avro/index.js'

interface Case {
  readonly name: string
  readonly schema: unknown
  readonly references: readonly unknown[]
  readonly value: string
  readonly expected: unknown
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/formats/avro.json'), 'utf8'),
) as readonly Case[]

/** Decoded values as the fixtures write them: JSON cannot tell a number from a bigint, nor hold bytes and times. */
function shown(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof DecodedTime) return `${value.isLocal ? 'local' : 'time'}:${value.micros}`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]))
  return value
}

const decode = (schema: unknown, bytes: readonly number[]) => avroDecoder(avroSchema(schema))(Uint8Array.from(bytes))
const record = (type: unknown) => ({ type: 'record', name: 'r', fields: [{ name: 'v', type }] })

describe('values that fastavro wrote', () => {
  test.each(cases)('$name', ({ schema, references, value, expected }) => {
    const bytes = Buffer.from(value, 'base64')
    // A value stands anywhere in a buffer that others share.
    const shared = Buffer.concat([Buffer.from([9, 9, 9]), bytes, Buffer.from([9])]).subarray(3, 3 + bytes.length)
    expect(JSON.stringify(shown(avroDecoder(avroSchema(schema, references))(shared)))).toBe(JSON.stringify(expected))
  })

  test.each(cases.filter(({ value }) => value !== ''))('cut off, never read to its end: $name', one => {
    const bytes = Buffer.from(one.value, 'base64')
    const read = avroDecoder(avroSchema(one.schema, one.references))
    for (let length = 0; length < bytes.length; length++)
      expect(() => read(bytes.subarray(0, length))).toThrow(/early|bytes|none of/)
    expect(() => read(Buffer.concat([bytes, Buffer.from([0])]))).toThrow('1 bytes are left behind its end')
  })
})

describe('hostile bytes', () => {
  test('an array of ten million million items without bytes ends soon', () => {
    const huge = [0x80, 0xc0, 0xca, 0xf3, 0x84, 0xa3, 0x02]
    for (const items of ['null', { type: 'record', name: 'e', fields: [] }, { type: 'fixed', name: 'f', size: 0 }])
      expect(() => decode(record({ type: 'array', items }), [...huge, 0])).toThrow('without any bytes')
  })

  test('lengths that no value has are refused before anything is made of them', () => {
    expect(() => decode(record('bytes'), [0xfe, 0xff, 0xff, 0xff, 0x0f])).toThrow('ends too early')
    expect(() => decode(record('string'), [0x01])).toThrow('-1 is no length')
    expect(() => decode(record('long'), Array<number>(10).fill(0xff))).toThrow('more than 64 bits')
    expect(() => decode(record('int'), [0x80, 0x80, 0x80, 0x80, 0x10])).toThrow('more than 32 bits')
  })

  test('a text that is not UTF-8 is no text, and the field is named', () => {
    const nested = { type: 'record', name: 'o', fields: [{ name: 'inner', type: record('string') }] }
    let path: unknown
    try {
      decode(nested, [0x04, 0xc3, 0x28])
    } catch (error) {
      path = (error as { path?: unknown }).path
    }
    expect(path).toBe('inner.v')
  })

  test('a symbol, a type of a union and a boolean that are not there are refused', () => {
    expect(() => decode(record({ type: 'enum', name: 'e', symbols: ['A'] }), [0x02])).toThrow(
      '1 is none of the 1 symbols',
    )
    expect(() => decode(record(['null', 'int']), [0x01])).toThrow('-1 is none of the 2 types of a union')
    expect(() => decode(record('boolean'), [2])).toThrow('neither true nor false')
  })

  test('a record nested without end is an error, and no end of the process', () => {
    const schema = { type: 'record', name: 'n', fields: [{ name: 'next', type: ['null', 'n'] }] }
    expect(() => decode(schema, Array<number>(1_000_000).fill(0x02))).toThrow()
  })

  test('a decimal of a million bytes is refused', () => {
    const schema = record({ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 })
    const bytes = Buffer.concat([Buffer.from([0x80, 0x89, 0x7a]), Buffer.alloc(1_000_000, 0x7f)])
    expect(() => avroDecoder(avroSchema(schema))(bytes)).toThrow('a decimal has 1000000 bytes')
  })
})

describe('a schema', () => {
  test('names are of the namespace around them unless they say otherwise', () => {
    const schema = {
      type: 'record',
      name: 'a.b.Outer',
      fields: [
        { name: 'first', type: { type: 'enum', name: 'Kind', symbols: ['X'] } },
        { name: 'second', type: 'Kind' },
        { name: 'third', type: 'a.b.Kind' },
        {
          name: 'fourth',
          type: { type: 'record', name: 'Inner', namespace: 'c', fields: [{ name: 'k', type: 'a.b.Kind' }] },
        },
      ],
    }
    expect(decode(schema, [0, 0, 0, 0])).toEqual({ first: 'X', second: 'X', third: 'X', fourth: { k: 'X' } })
  })

  test('a logical type that does not fit its type is none', () => {
    expect(decode(record({ type: 'string', logicalType: 'timestamp-millis' }), [0x02, 0x78])).toEqual({ v: 'x' })
    expect(decode(record({ type: 'int', logicalType: 'decimal', scale: 2 }), [0x02])).toEqual({ v: 1 })
  })

  test.each([
    ['a name that is not declared', record('Missing'), '"Missing" is not declared'],
    ['a record without fields', { type: 'record', name: 'r' }, 'no fields'],
    ['a record without a name', { type: 'record', fields: [] }, 'no name'],
    ['an empty union', record([]), 'no types'],
    ['a negative size', record({ type: 'fixed', name: 'f', size: -1 }), 'no size'],
    ['nothing', null, 'neither a name nor an object'],
  ])('%s is refused by name', (_, schema, why) => {
    expect(() => avroSchema(schema)).toThrow(why)
  })
})

describe('a field that was renamed', () => {
  const renamed = (more: object = {}) => ({
    type: 'record',
    name: 'r',
    fields: [
      { name: 'amount', aliases: ['value', 'val'], type: 'int' },
      { name: 'other', type: 'int', ...more },
    ],
  })
  const field = (name: string, ...aliases: string[]) => ({ name, aliases, inside: undefined })
  const readAs = (schema: unknown, ...fields: ReturnType<typeof field>[]) =>
    Object.keys(avroDecoder(avroSchema(schema), fields)(Uint8Array.from([2, 4])) as object)

  test('is read under the former name that a contract still has, and under its own where it has that', () => {
    expect(readAs(renamed(), field('amount'))).toEqual(['amount', 'other'])
    expect(readAs(renamed(), field('value'))).toEqual(['value', 'other'])
    expect(readAs(renamed(), field('val'))).toEqual(['val', 'other'])
    expect(readAs(renamed(), field('total', 'amount'), field('value'))).toEqual(['amount', 'other'])
    expect(readAs(renamed(), field('total', 'value'))).toEqual(['value', 'other'])
    expect(readAs(renamed())).toEqual(['amount', 'other'])
  })

  test('is never read under a name that another field has or is read under', () => {
    expect(readAs(renamed({ aliases: ['value'] }), field('value'))).toEqual(['value', 'other'])
    const [amount, other] = renamed().fields
    expect(readAs({ ...renamed(), fields: [amount, { ...other, name: 'value' }] }, field('value'))).toEqual([
      'amount',
      'value',
    ])
    for (const aliases of [7, null, [7, null], 'value'])
      expect(readAs({ ...renamed(), fields: [{ ...amount, aliases }, other] }, field('value'))).toEqual([
        'amount',
        'other',
      ])
  })

  test('inside records, arrays, maps and unions; one that holds itself is read where the contract ends', () => {
    const inner = { type: 'record', name: 'inner', fields: [{ name: 'now', aliases: ['was'], type: 'int' }] }
    const schema = record(['null', { type: 'array', items: { type: 'map', values: inner } }])
    const inside = {
      kind: 'items',
      each: { kind: 'values', each: { kind: 'fields', fields: [field('was')] } },
    } as const
    const read = avroDecoder(avroSchema(schema), [{ ...field('v'), inside }])
    expect(read(Uint8Array.from([2, 2, 2, 2, 0x6b, 6, 0, 0]))).toEqual({ v: [{ k: { was: 3 } }] })
    const list = {
      type: 'record',
      name: 'list',
      fields: [
        { name: 'now', aliases: ['was'], type: 'int' },
        { name: 'next', type: ['null', 'list'] },
      ],
    }
    const next = { kind: 'fields', fields: [field('was')] } as const
    const readList = avroDecoder(avroSchema(list), [field('was'), { ...field('next'), inside: next }])
    expect(readList(Uint8Array.from([2, 2, 4, 2, 6, 0]))).toEqual({
      was: 1,
      next: { was: 2, next: { now: 3, next: null } },
    })
  })
})
