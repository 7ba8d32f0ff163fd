import type { SchemaElement } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { schemaNodes, type StructNode } from '../../../shared/parquet/schema/schemaNode.js'
import { projectVariant } from '../../../shared/parquet/variant/variantShredding.js'
import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import { type DataType, type Row, type StructField, type Value, variantType } from '../../../shared/types/index.js'
import { variantText } from '../variantText.js'

const field = (name: string, type: DataType, nullable = true): StructField => ({ name, type, nullable })
const struct = (...fields: StructField[]): DataType => ({ type: 'struct', fields })
const array = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: false })
/** A place for a value: what it is when it is not `typed`, and what it is when it is. */
const partFields = (typed?: DataType) => [
  field('value', 'binary'),
  ...(typed === undefined ? [] : [field('typed_value', typed)]),
]
const part = (typed?: DataType): DataType => struct(...partFields(typed))
const shredded = (typed?: DataType): DataType => struct(field('metadata', 'binary', false), ...partFields(typed))
const object = (parts: Readonly<Record<string, DataType | undefined>>): DataType =>
  struct(...Object.entries(parts).map(([name, typed]) => field(name, part(typed), false)))

const none = Uint8Array.of(1, 0, 0)
/** A dictionary of short names. */
const names = (...all: string[]) => {
  let end = 0
  const ends = all.map(name => (end += Buffer.byteLength(name)))
  return Uint8Array.of(1, all.length, 0, ...ends, ...Buffer.from(all.join('')))
}
const nullValue = Uint8Array.of(0)
const text = (value: string) => Uint8Array.of((value.length << 2) | 1, ...Buffer.from(value))
const byte = (value: number) => Uint8Array.of(3 << 2, value)
/** An object of small values, by the numbers of their names, which must be in the names' order. */
const fieldsOf = (...fields: [id: number, value: Uint8Array][]) => {
  let end = 0
  const ends = fields.map(([, value]) => (end += value.length))
  return Uint8Array.of(
    2,
    fields.length,
    ...fields.map(([id]) => id),
    0,
    ...ends,
    ...fields.flatMap(([, value]) => [...value]),
  )
}

async function read(type: DataType, rows: readonly Value[], wanted: DataType = variantType): Promise<Value[]> {
  const bytes = encodeParquet([{ field: field('v', type), data: rows }])
  const [column] = await (
    await openParquet(bufferSource(bytes, 'part-0.parquet'))
  ).readColumns({ fields: [field('v', wanted)] })
  return Array.from(column?.data as Value[])
}

const texts = async (type: DataType, ...rows: readonly Value[]) => (await read(type, rows)).map(variantText)

describe('the examples of the specification', () => {
  test('numbers, and what is none', async () => {
    expect(
      await texts(
        shredded('long'),
        { metadata: none, value: null, typed_value: 34n },
        { metadata: none, value: nullValue, typed_value: null },
        { metadata: none, value: text('n/a'), typed_value: null },
        { metadata: none, value: null, typed_value: 100n },
        null,
      ),
    ).toEqual(['34', 'null', '"n/a"', '100', 'no variant'])
  })

  test('lists of texts', async () => {
    const element = (typed: string | null, value: Uint8Array | null = null) => ({ value, typed_value: typed })
    expect(
      await texts(
        shredded(array(part('string'))),
        { metadata: none, value: null, typed_value: [element('comedy'), element('drama')] },
        { metadata: none, value: null, typed_value: [element('horror'), element(null, nullValue)] },
        { metadata: none, value: null, typed_value: [] },
        { metadata: none, value: nullValue, typed_value: null },
        { metadata: none, value: Uint8Array.of(3, 1, 0, 1, 0), typed_value: null },
      ),
    ).toEqual(['["comedy","drama"]', '["horror",null]', '[]', 'null', '[null]'])
  })

  const event = shredded(object({ event_type: 'string', event_ts: 'timestamp' }))
  const metadata = names('event_type', 'event_ts', 'email')
  const missing = { value: null, typed_value: null }
  const typed = (type: string | null, at: bigint | null) => ({
    event_type: { value: null, typed_value: type },
    event_ts: { value: null, typed_value: at },
  })

  test('objects: a field that is missing, null, or of another type; and no object at all', async () => {
    expect(
      await texts(
        event,
        { metadata, value: null, typed_value: typed('noop', 1n) },
        { metadata, value: fieldsOf([2, text('user@example.com')]), typed_value: typed('login', 2n) },
        { metadata: names('error_msg'), value: fieldsOf([0, text('bad')]), typed_value: typed(null, null) },
        { metadata, value: text('not an object'), typed_value: null },
        {
          metadata,
          value: null,
          typed_value: { ...typed(null, 3n), event_type: { value: nullValue, typed_value: null } },
        },
        {
          metadata,
          value: null,
          typed_value: { ...typed('noop', null), event_ts: { value: text('2024-10-24'), typed_value: null } },
        },
        { metadata, value: null, typed_value: { event_type: missing, event_ts: missing } },
        { metadata, value: nullValue, typed_value: null },
        null,
      ),
    ).toEqual([
      '{"event_ts":timestamp 1,"event_type":"noop"}',
      '{"email":"user@example.com","event_ts":timestamp 2,"event_type":"login"}',
      '{"error_msg":"bad"}',
      '"not an object"',
      '{"event_ts":timestamp 3,"event_type":null}',
      '{"event_ts":"2024-10-24","event_type":"noop"}',
      '{}',
      'null',
      'no variant',
    ])
  })

  test('an object that is not shredded although it could be is what it says; a value that is required and missing is null', async () => {
    expect(
      await texts(
        event,
        { metadata, value: fieldsOf([0, text('login')]), typed_value: null },
        { metadata, value: null, typed_value: null },
      ),
    ).toEqual(['{"event_type":"login"}', 'null'])
    const element = { value: null, typed_value: null }
    expect(await texts(shredded(array(part('string'))), { metadata, value: null, typed_value: [element] })).toEqual([
      '[null]',
    ])
    expect(await texts(shredded(), { metadata, value: null }, { metadata, value: byte(5) }, null)).toEqual([
      'null',
      '5',
      'no variant',
    ])
  })

  test.each<[string, DataType, Row, RegExp]>([
    [
      'a shredded field is in the value as well',
      event,
      { metadata, value: fieldsOf([0, text('login')]), typed_value: typed('login', 1n) },
      /repeats the shredded field event_type/,
    ],
    [
      'the same, where its column has nothing',
      event,
      { metadata, value: fieldsOf([0, text('login')]), typed_value: typed(null, 1n) },
      /repeats the shredded field event_type/,
    ],
    [
      'a value that is no object beside shredded fields',
      event,
      { metadata, value: text('a'), typed_value: typed(null, null) },
      /no object/,
    ],
    [
      'an array beside shredded fields',
      event,
      { metadata, value: Uint8Array.of(3, 0, 0), typed_value: typed(null, null) },
      /no object/,
    ],
    ['two values of a number', shredded('long'), { metadata, value: byte(1), typed_value: 1n }, /both/],
    [
      'two values of a list',
      shredded(array(part())),
      { metadata, value: nullValue, typed_value: [{ value: nullValue }] },
      /both/,
    ],
    [
      'two values of a field',
      event,
      {
        metadata,
        value: null,
        typed_value: { ...typed(null, null), event_type: { value: nullValue, typed_value: 'a' } },
      },
      /both/,
    ],
    [
      'a field whose group is null',
      shredded(struct(field('a', part('long')))),
      { metadata, value: null, typed_value: { a: null } },
      /shredded field a is null/,
    ],
    [
      'metadata of another version',
      shredded('long'),
      { metadata: Uint8Array.of(2, 0, 0), value: nullValue, typed_value: null },
      /version 2/,
    ],
    [
      'a name that the metadata lacks',
      shredded('long'),
      { metadata: none, value: fieldsOf([0, nullValue]), typed_value: null },
      /name 0 of 0/,
    ],
    [
      'a type of value that is not known',
      shredded('long'),
      { metadata: none, value: Uint8Array.of(21 << 2), typed_value: null },
      /type 21/,
    ],
  ])('%s: an error that names file and column, and no row', async (_what, type, row, why) => {
    const error = await read(type, [row]).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    )
    expect(error?.message).toMatch(why)
    expect(error).toMatchObject({
      code: 'PARQUET_CORRUPT',
      message: expect.stringMatching(/part-0\.parquet: Column v: /) as string,
      data: { column: 'v', file: 'part-0.parquet' },
    })
  })
})

describe('every type that is shredded', () => {
  const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
  test.each<[DataType, Value, string]>([
    ['boolean', true, 'true'],
    ['boolean', false, 'false'],
    ['byte', -128, '-128'],
    ['short', 300, '300'],
    ['integer', -70_000, '-70000'],
    ['long', 2n ** 63n - 1n, '9223372036854775807'],
    ['long', -5n, '-5'],
    ['float', 1.5, 'float 1.5'],
    ['double', -1.5, 'double -1.5'],
    ['double', NaN, 'double NaN'],
    [decimal(9, 2), -120n, 'decimal -120e-2'],
    [decimal(18, 4), 999_999_999_999_999_999n, 'decimal 999999999999999999e-4'],
    [decimal(38, 10), -(10n ** 38n) + 1n, 'decimal -99999999999999999999999999999999999999e-10'],
    [decimal(38, 30), 5n, 'decimal 5e-30'],
    ['date', -719_162, 'date -719162'],
    ['timestamp', -1n, 'timestamp -1'],
    ['timestamp_ntz', 1_709_210_096_123_456n, 'timestamp_ntz 1709210096123456'],
    ['binary', Uint8Array.of(0, 255), 'binary 00ff'],
    ['string', 'ü😀', '"ü😀"'],
    ['string', 'x'.repeat(64), `"${'x'.repeat(64)}"`],
    ['string', '', '""'],
  ])('%j: %s', async (type, value, said) => {
    expect(await texts(shredded(type), { metadata: none, value: null, typed_value: value })).toEqual([said])
  })

  const optional = { repetition_type: 'OPTIONAL' } as const
  const bytes: SchemaElement = { name: 'value', type: 'BYTE_ARRAY', ...optional }
  function projected(typed: Omit<SchemaElement, 'name'>, ...children: SchemaElement[]) {
    const elements: SchemaElement[] = [
      { name: 'root', num_children: 1 },
      { name: 'v', ...optional, num_children: 3 },
      { ...bytes, name: 'metadata', repetition_type: 'REQUIRED' },
      bytes,
      { name: 'typed_value', ...optional, ...typed },
      ...children,
    ]
    return projectVariant(schemaNodes(elements)[0] as StructNode, 0, {}, new Map())
  }

  test.each<[string, Omit<SchemaElement, 'name'>, Value, string]>([
    [
      'a uuid',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
      Uint8Array.from({ length: 16 }, (_, i) => i),
      'uuid 000102030405060708090a0b0c0d0e0f',
    ],
    [
      'a time of day',
      { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } },
      5n,
      'time 5',
    ],
    [
      'nanoseconds',
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } },
      -5n,
      'timestamp -5 ns',
    ],
    [
      'nanoseconds on a wall',
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } },
      7n,
      'timestamp_ntz 7 ns',
    ],
  ])('%s, which tables have no type for', (_what, element, value, said) => {
    expect(variantText(projected(element).restore({ metadata: none, value: null, typed_value: value }))).toBe(said)
  })

  test.each<[string, Omit<SchemaElement, 'name'>]>([
    ['numbers without sign', { type: 'INT32', logical_type: { type: 'INTEGER', bitWidth: 32, isSigned: false } }],
    ['the same, of 64 bits', { type: 'INT64', converted_type: 'UINT_64' }],
    ['bytes of a length', { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 4 }],
    ['times in milliseconds', { type: 'INT32', converted_type: 'TIME_MILLIS' }],
    ['times of a zone', { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'MICROS' } }],
    ['numbers of 16 bits', { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } }],
    ['decimals of 39 digits', { type: 'BYTE_ARRAY', converted_type: 'DECIMAL', precision: 39, scale: 0 }],
  ])('%s are refused by the column', (_what, element) => {
    expect(() => projected(element)).toThrow(/Column v\.typed_value .* which variants are not shredded to/)
  })

  test('groups that are no parts of a variant are refused by the column', () => {
    const leaf: SchemaElement = { name: 'a', type: 'INT32', ...optional }
    expect(() => projected({ num_children: 1 }, leaf)).toThrow(
      /Column v\.typed_value\.a .* where a group of value and typed_value must be/,
    )
    expect(() =>
      projected(
        { num_children: 1 },
        { name: 'a', repetition_type: 'REQUIRED', num_children: 1 },
        { ...leaf, name: 'other' },
      ),
    ).toThrow(/the parts other/)
    const twice = [{ name: 'a', repetition_type: 'REQUIRED' as const, num_children: 1 }, bytes]
    expect(() => projected({ num_children: 2 }, ...twice, ...twice)).toThrow(/two fields of one name/)
    const entries: SchemaElement[] = [
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { ...leaf, name: 'key' },
      { ...leaf, name: 'value' },
    ]
    expect(() => projected({ num_children: 1, converted_type: 'MAP' }, ...entries)).toThrow(
      /typed_value which variants do not have/,
    )
  })

  test('a variant with parts that are not known is refused by its column', async () => {
    await expect(
      read(struct(field('metadata', 'binary'), field('value', 'binary'), field('more', 'long')), [null]),
    ).rejects.toThrow(/Column v\..*more/)
    await expect(read(struct(field('metadata', 'binary'), field('VALUE', 'binary')), [null])).rejects.toThrow(/VALUE/)
    await expect(read(struct(field('metadata', 'binary')), [null])).rejects.toThrow(
      /only metadata, value, typed_value are known/,
    )
    await expect(read(struct(field('value', 'binary')), [null])).rejects.toThrow(/without metadata/)
    await expect(
      read(struct(field('metadata', 'binary'), field('value', 'binary')), [{ metadata: null, value: nullValue }]),
    ).rejects.toThrow(/Column v: .* no metadata/)
  })
})

describe('variants in parts, at any depth', () => {
  const both = (typed: Value, value: Value = null) => ({ value, typed_value: typed })

  test('lists in objects in lists, each of them partly shredded', async () => {
    const type = shredded(array(part(object({ a: 'integer', b: array(part(object({ c: 'string' }))), d: undefined }))))
    const metadata = names('a', 'b', 'c', 'd', 'x')
    const inner = both({ c: both('cc') }, fieldsOf([4, nullValue]))
    const deep = both(
      { a: both(1), b: both([inner, both(null, text('t'))]), d: { value: byte(9) } },
      fieldsOf([4, fieldsOf([2, byte(3)])]),
    )
    expect(
      await texts(type, {
        metadata,
        ...both([deep, both(null, byte(7)), both({ a: both(null), b: both(null), d: { value: null } })]),
      }),
    ).toEqual(['[{"a":1,"b":[{"c":"cc","x":null},"t"],"d":9,"x":{"c":3}},7,{}]'])
  })

  test('names that objects of the language have, the empty name, and letters in the order of their bytes', async () => {
    const type = shredded(
      struct(
        ...['\u{1f600}', 'constructor', 'A', '', '__proto__', 'a', '\uffff'].map(name =>
          field(name, part(name === '__proto__' ? 'string' : 'long'), false),
        ),
      ),
    )
    const fields = Object.fromEntries(
      ['\u{1f600}', 'constructor', 'A', '', 'a', '\uffff'].map((name, i) => [name, both(BigInt(i))]),
    )
    const typed = Object.defineProperty(fields, '__proto__', { value: both('p'), enumerable: true })
    expect(await texts(type, { metadata: names('toString'), ...both(typed, fieldsOf([0, nullValue])) })).toEqual([
      '{"":3,"A":2,"__proto__":"p","a":4,"constructor":1,"toString":null,"\uffff":5,"\u{1f600}":0}',
    ])
  })

  test('in structs, lists and maps, and null or missing there', async () => {
    const type = shredded('long')
    const of = (typed: bigint | null, value: Uint8Array | null = null) => ({
      metadata: none,
      value,
      typed_value: typed,
    })
    const nested = (inner: DataType): DataType =>
      struct(
        field('s', struct(field('v', inner))),
        field('a', { type: 'array', elementType: inner, containsNull: true }),
        field('m', { type: 'map', keyType: 'string', valueType: inner, valueContainsNull: true }),
      )
    const rows: Row[] = [
      {
        s: { v: of(1n) },
        a: [of(2n), null, of(null, text('x'))],
        m: [
          { key: 'k', value: of(3n) },
          { key: 'l', value: null },
        ],
      },
      { s: { v: null }, a: [], m: null },
      { s: null, a: null, m: [] },
    ]
    const show = (value: Value | undefined): unknown => {
      if (value === null || value === undefined || typeof value !== 'object') return value
      if ('metadata' in value) return variantText(value)
      return Array.isArray(value)
        ? value.map(show)
        : Object.fromEntries(Object.entries(value as Row).map(([name, inner]) => [name, show(inner)]))
    }
    expect((await read(nested(type), rows, nested(variantType))).map(show)).toEqual([
      {
        s: { v: '1' },
        a: ['2', null, '"x"'],
        m: [
          { key: 'k', value: '3' },
          { key: 'l', value: null },
        ],
      },
      { s: { v: null }, a: [], m: null },
      { s: null, a: null, m: [] },
    ])
  })

  test('more fields, more elements and more bytes than a byte can count', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `f${String(i).padStart(3, '0')}`)
    const long = 'y'.repeat(70_000)
    const type = shredded(object(Object.fromEntries(many.map(name => [name, array(part('string'))]))))
    const typed = Object.fromEntries(
      many.map((name, i) => [
        name,
        both(i === 7 ? Array.from({ length: 260 }, () => both('e')) : i === 8 ? [both(long)] : null),
      ]),
    )
    const some = names('z')
    expect(await texts(type, { metadata: some, ...both(typed, fieldsOf([0, nullValue])) })).toEqual([
      `{"f007":[${Array.from({ length: 260 }, () => '"e"').join(',')}],"f008":["${long}"],"z":null}`,
    ])
    const all = Object.fromEntries(many.map(name => [name, both([])]))
    expect(await texts(type, { metadata: some, ...both(all) })).toEqual([
      `{${many.map(name => `"${name}":[]`).join(',')}}`,
    ])
  })

  test('each row has its own names, whatever the row before it had', async () => {
    const type = shredded(object({ a: 'long' }))
    const row = (metadata: Uint8Array, id: number) => ({
      metadata,
      ...both({ a: both(1n) }, fieldsOf([id, nullValue])),
    })
    expect(
      await texts(type, row(names('b', 'c'), 0), row(names('b', 'c'), 1), row(names('d'), 0), row(names('b', 'c'), 0)),
    ).toEqual(['{"a":1,"b":null}', '{"a":1,"c":null}', '{"a":1,"d":null}', '{"a":1,"b":null}'])
  })
})
