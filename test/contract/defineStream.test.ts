import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { ContractError } from '../../shared/contract/contractError.js'
import { defineStream, type StreamDeclaration } from '../../shared/contract/defineStream.js'
import {
  binary,
  date,
  decimal,
  double,
  float,
  int,
  long,
  timestamp,
  timestampNtz,
} from '../../shared/contract/fieldTypes.js'
import type { ParseOutcome } from '../../shared/contract/stream.js'

const noon = Date.UTC(2025, 3, 1, 12)
const base = { id: z.string().min(1), at: timestamp() }
const roles = {
  name: 'clicks',
  topic: 'clicks',
  key: 'id',
  eventTime: 'at',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

function streamOf(shape: z.core.$ZodLooseShape) {
  return defineStream({ ...roles, schema: z.object({ ...base, ...shape }) })
}

/** Parses an event whose field `f` is this JSON text. */
function parseField(type: z.core.$ZodType, json: string): ParseOutcome {
  const text = `{"id":"1","at":"2025-04-01T12:00:00Z"${json === '' ? '' : `,"f":${json}`}}`
  return streamOf({ f: type }).parse(Buffer.from(text), noon)
}

function valueOf(type: z.core.$ZodType, json: string): unknown {
  const outcome = parseField(type, json)
  return outcome.valid ? outcome.row['f'] : `${outcome.rejection.code} ${outcome.rejection.path}`
}

function columnOf(type: z.core.$ZodType) {
  const { type: column, nullable } = streamOf({ f: type }).columns[2] ?? {}
  return { column, nullable }
}

describe('a value that JSON.parse would change', () => {
  test.each([
    [long(), '9007199254740993', 9007199254740993n],
    [long(), '"9223372036854775807"', 9223372036854775807n],
    [long(), '-9223372036854775808', -9223372036854775808n],
    [long(), '1e18', 10n ** 18n],
    [long(), '1.0', 1n],
    [z.bigint(), '1234567890123456789', 1234567890123456789n],
    [decimal(38, 2), '123456789012345678901234567890.12', 12345678901234567890123456789012n],
    [decimal(10, 2), '12.3', 1230n],
    [decimal(10, 2), '"-0.05"', -5n],
    [decimal(10, 2), '12.300', 1230n],
    [timestamp({ epoch: 'milliseconds' }), '1743508800123', 1743508800123000n],
    [timestamp({ epoch: 'seconds' }), '1743508800.123456', 1743508800123456n],
  ])('%#: %s keeps every digit', (type, json, value) => {
    expect(valueOf(type, json)).toBe(value)
  })

  test.each([
    [long(), '9223372036854775808'],
    [long(), '0.99999999999999999999'],
    [long(), '1.5'],
    [long(), '"0x10"'],
    [long(), '""'],
    [decimal(10, 2), '12.345'],
    [decimal(10, 2), '0.1000000000000000055'],
    [decimal(4, 2), '100'],
    [decimal(4, 2), '1e-400'],
  ])('%#: %s is refused, not rounded', (type, json) => {
    expect(valueOf(type, json)).toBe('FIELD_VALUE f')
  })

  test('a long number elsewhere does not change how other fields are read', () => {
    const stream = streamOf({ n: long(), d: double(), i: int(), p: z.number(), any: z.record(z.string(), z.number()) })
    const json =
      '{"id":"1","at":"2025-04-01T12:00:00Z","n":9007199254740993,"d":0.12345678901234567,"i":5,' +
      '"p":1234567890123456789,"any":{"x":0.12345678901234567}}'
    expect(stream.parse(Buffer.from(json), noon)).toMatchObject({
      valid: true,
      row: {
        n: 9007199254740993n,
        d: 0.12345678901234567,
        p: 1234567890123456789,
        any: [{ key: 'x', value: 0.12345678901234567 }],
      },
    })
  })
})

describe('numbers', () => {
  test.each([
    [double(), '"1984"', 1984],
    [double(), '1984', 1984],
    [double(), '"-1.5e3"', -1500],
    [double(), '"NaN"', NaN],
    [double(), '"-Infinity"', -Infinity],
    [double(), '1e999', Infinity],
    [float(), '0.1', Math.fround(0.1)],
    [int(), '"-7"', -7],
    [int(), '2147483647', 2147483647],
    [z.number(), '0.5', 0.5],
    [z.int32(), '3', 3],
    [z.int(), '3', 3n],
    [z.number().int(), '3', 3n],
  ])('%#: %s', (type, json, value) => {
    expect(valueOf(type, json)).toBe(value)
  })

  test.each([
    [double(), '""', 'FIELD_VALUE f'],
    [double(), '" 1"', 'FIELD_VALUE f'],
    [double(), '"0x10"', 'FIELD_VALUE f'],
    [double(), 'null', 'FIELD_TYPE f'],
    [double(), '[]', 'FIELD_TYPE f'],
    [double(), 'true', 'FIELD_TYPE f'],
    [float(), '1e39', 'FIELD_VALUE f'],
    [int(), '2147483648', 'FIELD_VALUE f'],
    [int(), '0.5', 'FIELD_VALUE f'],
    [z.number(), '"1"', 'FIELD_TYPE f'],
    [z.number(), '1e999', 'FIELD_VALUE f'],
    [z.int32(), '2147483648', 'FIELD_VALUE f'],
    [z.int(), '9007199254740992', 'FIELD_VALUE f'],
  ])('%#: %s is %s', (type, json, verdict) => {
    expect(valueOf(type, json)).toBe(verdict)
  })
})

describe('times', () => {
  test.each([
    [timestamp(), '"2025-04-01T17:37:57.000Z"', 1743529077000000n],
    [timestamp(), '"2025-04-01T19:37:57.123456789+02:00"', 1743529077123456n],
    [timestamp(), '"1969-12-31T23:59:59.9999999Z"', -1n],
    [timestampNtz(), '"2025-04-01 17:37:57"', 1743529077000000n],
    [date(), '"2025-04-01"', 20179],
    [date(), '"1969-12-31"', -1],
  ])('%#: %s', (type, json, value) => {
    expect(valueOf(type, json)).toBe(value)
  })

  test.each([
    [timestamp(), '"2025-04-01T17:37:57"', 'FIELD_VALUE f'],
    [timestamp(), '1743529077000', 'FIELD_TYPE f'],
    [timestamp(), '"2025-02-29T00:00:00Z"', 'FIELD_VALUE f'],
    [timestampNtz(), '"2025-04-01T17:37:57Z"', 'FIELD_VALUE f'],
    [date(), '"2025-04-31"', 'FIELD_VALUE f'],
    [timestamp({ epoch: 'seconds' }), '1e30', 'FIELD_VALUE f'],
  ])('%#: %s is %s', (type, json, verdict) => {
    expect(valueOf(type, json)).toBe(verdict)
  })

  test('a timestamp without a zone is refused in words that say so', () => {
    const outcome = parseField(timestamp(), '"2025-04-01T17:37:57"')
    expect(outcome.valid ? '' : outcome.rejection.message).toContain('it has no zone')
  })
})

test.each([
  ['"AQI="', [1, 2]],
  ['"AQI"', [1, 2]],
  ['"_-8="', [255, 239]],
  ['""', []],
  ['"A"', 'FIELD_VALUE f'],
  ['"AQ I"', 'FIELD_VALUE f'],
  ['"AQI=="', 'FIELD_VALUE f'],
  ['5', 'FIELD_TYPE f'],
])('base64 %s', (json, expected) => {
  const value = valueOf(binary(), json)
  expect(value instanceof Uint8Array ? [...value] : value).toEqual(expected)
})

describe('columns', () => {
  test.each([
    [z.string(), 'string', false],
    [z.uuid(), 'string', false],
    [z.enum(['a', 'b']), 'string', false],
    [z.literal('a'), 'string', false],
    [z.boolean(), 'boolean', false],
    [z.number(), 'double', false],
    [z.int(), 'long', false],
    [z.int32(), 'integer', false],
    [z.float32(), 'float', false],
    [z.int64(), 'long', false],
    [long().min(0n).describe('x'), 'long', false],
    [long().nullable(), 'long', true],
    [int().optional(), 'integer', true],
    [double().default(0), 'double', false],
    [double().nullish().default(1), 'double', true],
    [z.string().optional().nonoptional(), 'string', false],
    [z.string().readonly(), 'string', false],
    [decimal(10, 2), { type: 'decimal', precision: 10, scale: 2 }, false],
    [z.array(z.string().nullable()), { type: 'array', elementType: 'string', containsNull: true }, false],
    [
      z.record(z.string(), long()),
      { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: false },
      false,
    ],
    [
      z.object({ a: date().optional() }),
      { type: 'struct', fields: [{ name: 'a', type: 'date', nullable: true }] },
      false,
    ],
  ])('%#', (type, column, nullable) => {
    expect(columnOf(type)).toEqual({ column, nullable })
  })

  test('a description becomes the comment, through wrappers too', () => {
    const columns = streamOf({ f: z.string().describe('said').optional(), g: timestamp().describe('also') }).columns
    expect(columns.slice(2).map(({ metadata }) => metadata)).toEqual([{ comment: 'said' }, { comment: 'also' }])
  })
})

describe('nothing and null', () => {
  test.each([
    [z.string(), '', 'FIELD_MISSING f'],
    [z.string(), 'null', 'FIELD_TYPE f'],
    [z.string().optional(), '', null],
    [z.string().optional(), 'null', 'FIELD_TYPE f'],
    [z.string().nullable(), 'null', null],
    [z.string().nullable(), '', 'FIELD_MISSING f'],
    [z.string().nullish(), '', null],
    [z.string().nullish(), 'null', null],
    [z.string().default('d'), '', 'd'],
    [z.string().default('d'), 'null', 'FIELD_TYPE f'],
    [timestamp().prefault('1970-01-01T00:00:00Z' as never), '', 0n],
    [z.int().nullish(), 'null', null],
    [z.int().optional(), '', null],
  ])('%#: as zod has it', (type, json, value) => {
    expect(valueOf(type, json)).toBe(value)
  })
})

describe('nested values', () => {
  const order = z.object({
    lines: z.array(z.object({ sku: z.string(), qty: z.int().optional() })),
    tags: z.record(z.string(), double()),
  })

  test('are stored as the columns have them', () => {
    expect(valueOf(order, '{"lines":[{"sku":"a","qty":2},{"sku":"b"}],"tags":{"x":"1","__proto__":2}}')).toEqual({
      lines: [
        { sku: 'a', qty: 2n },
        { sku: 'b', qty: null },
      ],
      tags: [
        { key: 'x', value: 1 },
        { key: '__proto__', value: 2 },
      ],
    })
  })

  test('have nullable fields in the column, or Spark could not write a null around them', () => {
    const fields = [
      { name: 'sku', type: 'string', nullable: true },
      { name: 'qty', type: 'long', nullable: true },
    ]
    expect(columnOf(order).column).toMatchObject({
      fields: [{ type: { elementType: { fields } } }, { nullable: true }],
    })
  })

  test.each([
    ['{"lines":[{"sku":"a"},{"sku":5}],"tags":{}}', 'FIELD_TYPE f.lines[1].sku'],
    ['{"lines":[{}],"tags":{}}', 'FIELD_MISSING f.lines[0].sku'],
    ['{"lines":[],"tags":{"x":"y"}}', 'FIELD_VALUE f.tags.x'],
    ['{"lines":{},"tags":{}}', 'FIELD_TYPE f.lines'],
    ['[]', 'FIELD_TYPE f'],
  ])('%s is %s', (json, verdict) => {
    expect(valueOf(order, json)).toBe(verdict)
  })

  test('an array in an array', () => {
    expect(valueOf(z.array(z.array(z.string())), '[["a"],["b",1]]')).toBe('FIELD_TYPE f[1][1]')
  })

  test('a field named as something every object inherits', () => {
    const inherited = z.object({ constructor: z.string().optional(), toString: z.string().optional() } as never)
    expect(valueOf(inherited, '{"constructor":"x"}')).toEqual({ constructor: 'x', toString: null })
  })
})

describe('checks of the schema', () => {
  test.each([
    [z.string().max(2), '"abc"', 'FIELD_VALUE f'],
    [z.string().regex(/^a/), '"b"', 'FIELD_VALUE f'],
    [z.uuid(), '"x"', 'FIELD_VALUE f'],
    [z.email(), '"x"', 'FIELD_VALUE f'],
    [z.enum(['a']), '"b"', 'FIELD_VALUE f'],
    [z.enum(['a']), '5', 'FIELD_TYPE f'],
    [z.string().trim().min(1), '"  "', 'FIELD_VALUE f'],
    [z.string().trim(), '" a "', 'a'],
    [long().min(5n), '4', 'FIELD_VALUE f'],
    [long().min(5n), '5', 5n],
    [double().positive(), '"0"', 'FIELD_VALUE f'],
    [z.array(z.string()).min(1), '[]', 'FIELD_VALUE f'],
    [z.templateLiteral(['a', z.number()]), '"a1"', 'a1'],
    [z.templateLiteral(['a', z.number()]), '"b1"', 'FIELD_VALUE f'],
    [z.string().refine(s => s === 'a'), '"b"', 'FIELD_VALUE f'],
    [
      z.string().refine(() => {
        throw new Error('boom')
      }),
      '"b"',
      'FIELD_VALUE f',
    ],
    [z.string().refine(() => Promise.reject(new Error('late'))), '"b"', 'FIELD_VALUE f'],
    [z.int().refine(n => n + 1 === 3), '2', 2n],
    [z.record(z.string(), z.int()).refine(r => r['a'] === 1), '{"a":1}', [{ key: 'a', value: 1n }]],
    [z.object({ a: z.int(), b: z.int() }).refine(o => o.a < o.b, { path: ['b'] }), '{"a":2,"b":1}', 'FIELD_VALUE f.b'],
  ])('%# hold on the decoded value: %s', (type, json, value) => {
    expect(valueOf(type, json)).toEqual(value)
  })

  test('a strict object names the field too many; others ignore it', () => {
    expect(valueOf(z.strictObject({ a: z.string() }), '{"a":"x","b":1}')).toBe('FIELD_VALUE f.b')
    expect(valueOf(z.object({ a: z.string() }), '{"a":"x","b":1}')).toEqual({ a: 'x' })
  })
})

describe('a record that is not an event', () => {
  const stream = streamOf({})

  test.each([
    [Buffer.from([0x22, 0xff, 0x22]), 'NOT_UTF8'],
    [Buffer.from('{'), 'NOT_JSON'],
    [Buffer.alloc(0), 'NOT_JSON'],
    [Buffer.from('[1]'), 'NOT_AN_OBJECT'],
    [Buffer.from('null'), 'NOT_AN_OBJECT'],
    [Buffer.from('"x"'), 'NOT_AN_OBJECT'],
    [Buffer.from('12345678901234567890'), 'NOT_AN_OBJECT'],
  ])('%# says what it is', (value, code) => {
    expect(stream.parse(value, noon)).toMatchObject({ valid: false, rejection: { code, path: '' } })
    expect(streamOf({ n: long() }).parse(value, noon)).toMatchObject({ valid: false, rejection: { code, path: '' } })
  })

  test('may lie inside a larger buffer', () => {
    const bytes = new TextEncoder().encode('xx{"id":"1","at":"2025-04-01T12:00:00Z"}yy')
    expect(stream.parse(bytes.subarray(2, -2), noon)).toMatchObject({ valid: true })
  })

  test('shortens what it found', () => {
    const outcome = stream.parse(Buffer.from(JSON.stringify({ id: '1', at: 'x'.repeat(10_000) })), noon)
    expect(outcome.valid ? '' : outcome.rejection.message.length).toBeLessThan(300)
  })
})

describe('expectations', () => {
  const stream = defineStream({
    ...roles,
    schema: z.object({ ...base, n: z.int().optional(), tags: z.record(z.string(), z.string()).default({}) }),
    expectations: {
      'n is not 13': e => e.n !== 13,
      'the tag is long': e => e.n !== 1 || (e.tags['a'] as string).length > 3,
    },
  })
  const parse = (rest: string) => stream.parse(Buffer.from(`{"id":"1","at":"2025-04-01T12:00:00Z"${rest}}`), noon)

  test('see the event as the schema types it', () => {
    expect(parse(',"n":1,"tags":{"a":"long"}')).toMatchObject({
      valid: true,
      row: { n: 1n, tags: [{ key: 'a', value: 'long' }] },
    })
    expect(parse(',"n":13')).toMatchObject({ rejection: { code: 'EXPECTATION_FAILED', path: 'n is not 13' } })
  })

  test('that throw are not fulfilled', () => {
    expect(parse(',"n":1')).toMatchObject({ rejection: { code: 'EXPECTATION_FAILED', path: 'the tag is long' } })
  })
})

describe('a format of its own', () => {
  const stream = defineStream({
    ...roles,
    schema: z.object({ ...base, n: long(), b: binary() }),
    decode: value => {
      if (value.length !== 1) throw new Error('one byte expected')
      return { id: 'x', at: new Date(noon), n: BigInt(value[0] ?? 0), b: value }
    },
  })

  test('may hand over values as they are in memory', () => {
    expect(stream.dataType).toBe('binary')
    expect(stream.parse(Uint8Array.of(7), noon)).toEqual({
      valid: true,
      row: { id: 'x', at: BigInt(noon) * 1000n, n: 7n, b: Uint8Array.of(7) },
    })
  })

  test('that throws puts the record in quarantine', () => {
    expect(stream.parse(Uint8Array.of(7, 8), noon)).toMatchObject({
      rejection: { code: 'NOT_DECODED', message: expect.stringContaining('one byte') as string },
    })
  })
})

describe('a declaration that cannot work names the field', () => {
  test.each([
    [z.date(), 'clicks.f'],
    [z.any(), 'clicks.f'],
    [z.union([z.string(), z.int()]), 'clicks.f'],
    [z.string().transform(Number), 'clicks.f'],
    [z.coerce.number(), 'clicks.f'],
    [z.coerce.string(), 'clicks.f'],
    [z.array(z.unknown()), 'clicks.f[]'],
    [z.object({ a: z.array(z.tuple([z.string()])) }), 'clicks.f.a[]'],
    [z.record(z.string(), z.null()), 'clicks.f{}'],
    [z.record(z.enum(['a']), z.string()), 'clicks.f'],
    [z.object({}), 'clicks.f'],
    [z.literal(['a', 1]), 'clicks.f'],
    [z.lazy(() => z.string()), 'clicks.f'],
    [z.string().catch(''), 'clicks.f'],
    [z.uint64(), 'clicks.f'],
    [z.custom<string>(), 'clicks.f'],
    [z.object({ a: z.string() }).catchall(z.string()), 'clicks.f'],
  ])('%#: type', (type, path) => {
    expect(() => streamOf({ f: type })).toThrow(ContractError)
    expect(() => streamOf({ f: type })).toThrow(JSON.stringify(path))
  })

  const cases = z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])
  const both = z.object({ a: z.string() }).and(z.object({ b: z.string() }))
  test.each([
    [
      both,
      /^Field "clicks\.f": \.and\(\), an intersection, has no column type: write the fields of both in one z\.object\(\)/,
    ],
    [
      z.array(cases),
      /^Field "clicks\.f\[\]": z\.discriminatedUnion\(\) has no column type: use one z\.object\(\) with "kind" as z\.enum/,
    ],
  ])('what puts types together says what to declare instead: %#', (type, why) => {
    expect(() => streamOf({ f: type })).toThrow(why)
  })

  test.each([
    [both, /\.and\(\), an intersection/],
    [cases, /z\.discriminatedUnion\(\)/],
  ])('so does a whole contract that is no object: %#', (type, why) => {
    const schema = type as unknown as z.ZodObject
    expect(() => defineStream({ ...roles, schema, key: 'id', eventTime: 'at' })).toThrow(ContractError)
    expect(() => defineStream({ ...roles, schema, key: 'id', eventTime: 'at' })).toThrow(why)
  })

  test.each([
    ['_offset', 'underscore'],
    ['a b', 'blanks'],
    ['a=b', 'blanks'],
    ['ID', 'only in case'],
    ['score', 'gold'],
    ['', 'empty'],
  ])('name %s', (name, why) => {
    expect(() => streamOf({ [name]: z.string() })).toThrow(why)
  })

  test('a nested field may begin with an underscore, as MongoDB has it', () => {
    expect(() => streamOf({ f: z.object({ _id: z.string() }) })).not.toThrow()
  })

  const schema = z.object({ ...base, maybe: z.string().optional(), when: timestamp().nullable(), flag: z.boolean() })
  test.each([
    [{ key: 'maybe' }, 'key "maybe" must not be nullable'],
    [{ key: 'flag' }, 'key "flag" must be'],
    [{ key: 'nowhere' }, '"nowhere"'],
    [{ eventTime: 'when' }, 'eventTime "when" must not be nullable'],
    [{ eventTime: 'id' }, 'declared as timestamp()'],
    [{ clusterBy: ['flag'] }, 'clusterBy "flag"'],
    [{ clusterBy: ['id', 'id'] }, 'different'],
    [{ name: 'Clicks' }, 'lower-case'],
    [{ name: 'a_scored' }, '_scored'],
    [{ topic: 'a b' }, 'Kafka'],
    [{ allowedLateness: '1 month' }, 'allowedLateness "1 month"'],
  ])('%o', (change, why) => {
    expect(() => defineStream({ ...roles, schema, ...change } as StreamDeclaration<typeof schema>)).toThrow(why)
  })
})
