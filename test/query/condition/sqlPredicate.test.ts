import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type AddFile,
  collectStats,
  encodeStats,
  FileSkipper,
  planStats,
  type Predicate,
} from '../../../shared/delta/index.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import { parseCondition } from '../../../shared/query/condition/parsedCondition.js'
import { sqlPredicate } from '../../../shared/query/condition/sqlPredicate.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { openDeltaView } from '../../../shared/query/scan/deltaView.js'
import { FileCache } from '../../../shared/query/scan/fileCache.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { columnKey, type DataType, type StructField, type StructType, type Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

let session: DuckDbSession

beforeAll(async () => {
  session = await DuckDbSession.open({ threads: 1 })
})
afterAll(() => session.close())

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
const schema: StructType = {
  type: 'struct',
  fields: [
    field('i', 'integer'),
    field('b', 'byte'),
    field('l', 'long'),
    field('f', 'float'),
    field('d', 'double'),
    field('m', decimal(10, 2)),
    field('w', decimal(38, 10)),
    field('day', 'date'),
    field('tz', 'timestamp'),
    field('wall', 'timestamp_ntz'),
    field('s', 'string'),
    field('flag', 'boolean'),
    field('Some Name', 'integer'),
    field('o', {
      type: 'struct',
      fields: [field('X', 'long'), field('y', { type: 'struct', fields: [field('z', 'string')] })],
    }),
  ],
}

const eq = (column: string, value: Value): Predicate => ({ op: '=', column, value })
const day = 19_723

describe('a condition as statistics can judge it', () => {
  test.each<[string, Predicate | undefined]>([
    ['i = 5', eq('i', 5)],
    ['5 < I', { op: '>', column: 'i', value: 5 }],
    ['t.i >= -3', { op: '>=', column: 'i', value: -3 }],
    ['"some name" <> 3', { op: 'not', of: eq('Some Name', 3) }],
    ['o.x = 9007199254740993', eq('o.X', 9007199254740993n)],
    ["O.Y.Z = 'q'", eq('o.y.z', 'q')],
    ['i > 1.5', { op: '>', column: 'i', value: 1 }],
    ['i >= 1.5', { op: '>', column: 'i', value: 1 }],
    ['i < -1.5', { op: '<=', column: 'i', value: -2 }],
    ['i = 1.5', { op: 'or', of: [] }],
    ['i <> 1.5', { op: 'isNotNull', column: 'i' }],
    ['b = 200', eq('b', 200)],
    ["i = '17'", eq('i', 17)],
    ['l = 12345678901234567890123', eq('l', 12345678901234567890123n)],
    ['l > 1.5::DOUBLE', undefined],
    ['m = 1.555', { op: 'or', of: [] }],
    ['m = 1.5', eq('m', 150n)],
    ["m = '1.555'", eq('m', 156n)],
    ['m = 1.5::DOUBLE', undefined],
    ['w = 1.555555555555555555555555555', undefined],
    ['f = 0.1', eq('f', Math.fround(0.1))],
    ['f = 0.1::DOUBLE', eq('f', 0.1)],
    ['d = 0.1', eq('d', 0.1)],
    ["d > 'NaN'", undefined],
    ["day = '2024-01-01'", eq('day', day)],
    ["day = DATE '2024-01-01'", eq('day', day)],
    ["day < TIMESTAMP '2024-01-01 05:00:00'", { op: '<=', column: 'day', value: day }],
    ["day >= DATE '2024-01-02' - INTERVAL 1 DAY", { op: '>=', column: 'day', value: day }],
    ["tz = '2024-01-01 00:00:00+02'", eq('tz', BigInt(day * 24 - 2) * 3_600_000_000n)],
    ["tz = TIMESTAMP '2024-01-01 00:00:00.000001'", eq('tz', BigInt(day) * 86_400_000_000n + 1n)],
    ["wall > DATE '2024-01-01'", { op: '>', column: 'wall', value: BigInt(day) * 86_400_000_000n }],
    ["wall = TIMESTAMPTZ '2024-01-01 00:00:00Z'", eq('wall', BigInt(day) * 86_400_000_000n)],
    ['flag', eq('flag', true)],
    ['NOT flag', eq('flag', false)],
    ['flag IS TRUE', eq('flag', true)],
    [
      'flag IS NOT TRUE',
      {
        op: 'or',
        of: [
          { op: 'isNull', column: 'flag' },
          { op: 'not', of: eq('flag', true) },
        ],
      },
    ],
    ['i IN (1, 2.5, NULL)', { op: 'in', column: 'i', values: [1] }],
    ['i NOT IN (1, 2)', { op: 'not', of: { op: 'in', column: 'i', values: [1, 2] } }],
    ['i NOT IN (1, NULL)', { op: 'or', of: [] }],
    ['l IN (1, 1e300)', undefined],
    ["i IN (1, '2')", undefined],
    [
      'i BETWEEN 1 AND 2.5',
      {
        op: 'and',
        of: [
          { op: '>=', column: 'i', value: 1 },
          { op: '<=', column: 'i', value: 2 },
        ],
      },
    ],
    [
      'i NOT BETWEEN 1 AND 2',
      {
        op: 'or',
        of: [
          { op: '<', column: 'i', value: 1 },
          { op: '>', column: 'i', value: 2 },
        ],
      },
    ],
    ['i IS NULL', { op: 'isNull', column: 'i' }],
    ['NOT (o.x IS NULL)', { op: 'isNotNull', column: 'o.X' }],
    ['i IS NOT DISTINCT FROM NULL', { op: 'isNull', column: 'i' }],
    ['i IS NOT DISTINCT FROM 3', eq('i', 3)],
    [
      "s LIKE 'ab%c'",
      {
        op: 'and',
        of: [
          { op: '>=', column: 's', value: 'ab' },
          { op: '<', column: 's', value: 'ac' },
        ],
      },
    ],
    ["s LIKE 'ab'", eq('s', 'ab')],
    ["s NOT LIKE 'ab'", { op: 'not', of: eq('s', 'ab') }],
    ["s NOT LIKE 'ab%'", undefined],
    ["starts_with(s, '\u{10ffff}')", { op: '>=', column: 's', value: '\u{10ffff}' }],
    ["s ILIKE 'ab%'", undefined],
    ['s = 5', undefined],
    ["s = 'a' COLLATE NOCASE", undefined],
    ['i = 1 AND random() > 0.5', eq('i', 1)],
    ['i = 1 OR random() > 0.5', undefined],
    ['NOT (i = 1 AND random() > 0.5)', undefined],
    ['NOT (i = 1 OR random() > 0.5)', { op: 'not', of: eq('i', 1) }],
    ['i = (SELECT 1)', undefined],
    ['i + 1 = 2', undefined],
    ['nothing = 2', undefined],
    ['i = b', undefined],
    ['i = NULL', { op: 'or', of: [] }],
    ['false', { op: 'or', of: [] }],
    ['true', { op: 'and', of: [] }],
    ['i = 1 -- and more', eq('i', 1)],
    ['i = 1) UNION SELECT 1 WHERE (true', undefined],
    ['i =', undefined],
  ])('%s', async (condition, predicate) => {
    expect((await sqlPredicate(session, await parseCondition(session, condition, schema))).predicate).toEqual(predicate)
  })

  test('what is left out is given as SQL', async () => {
    const { unknown } = await sqlPredicate(
      session,
      await parseCondition(session, "i = 1 AND (lower(s) = 'x' OR d > 1) AND flag", schema),
    )
    expect(unknown).toEqual(["(lower(s) = 'x')"])
  })

  test('a column of the name that queries give the table is not taken for the table', async () => {
    const own: StructType = {
      type: 'struct',
      fields: [field('t', { type: 'struct', fields: [field('i', 'string')] }), field('i', 'integer')],
    }
    expect((await sqlPredicate(session, await parseCondition(session, "t.i = '5'", own))).predicate).toEqual(undefined)
  })
})

const randomValue = (random: Random, type: DataType): Value => {
  if (random.below(8) === 0) return null
  const small = random.below(7) - 3
  if (typeof type === 'object') {
    if (type.type === 'decimal')
      return random.pick([BigInt(small), BigInt(small) * 50n, BigInt(small) * 10n ** BigInt(type.scale)])
    if (type.type === 'struct') return Object.fromEntries(type.fields.map(f => [f.name, randomValue(random, f.type)]))
    throw new Error('no values of this type')
  }
  switch (type) {
    case 'short':
    case 'integer':
    case 'byte':
    case 'date':
      return small
    case 'long':
      return random.pick([BigInt(small), 2n ** 53n + BigInt(small), -(2n ** 63n) + BigInt(random.below(3))])
    case 'float':
      return Math.fround(random.pick([small, small / 10, -0, Infinity, NaN, 16777216]))
    case 'double':
      return random.pick([small, small / 10, -0, -Infinity, NaN])
    case 'timestamp':
    case 'timestamp_ntz':
      return BigInt(small) * 86_400_000_000n + BigInt(random.below(3)) - 1n
    case 'string':
      return random.pick(['', 'a', 'ab', 'abc', 'b', '\uffff', '😀', `${'x'.repeat(40)}${small}`])
    case 'boolean':
      return small > 0
    case 'binary':
      return Uint8Array.of(small & 255)
    case 'void':
      return null
  }
}

const constants = [
  '0',
  '1',
  '-2',
  '0.5',
  '-1.5',
  '3.00',
  '1e0',
  '0.1',
  '0.1::FLOAT',
  '0.3::DOUBLE',
  '9007199254740993',
  '9007199254740992::DOUBLE',
  '-9223372036854775808',
  '200',
  '16777217',
  "'1'",
  "'0.5'",
  "'a'",
  "'ab'",
  "'abc'",
  "'😀'",
  "''",
  'NULL',
  'true',
  'false',
  "DATE '1970-01-02'",
  "'1969-12-31'",
  "TIMESTAMP '1970-01-01 00:00:00.000001'",
  "TIMESTAMPTZ '1970-01-02 02:00:00+02'",
  "'1970-01-01 00:00:00'",
  "'NaN'::DOUBLE",
  "'-infinity'::FLOAT",
  '123456789012345678901234567890',
  '0.00000000000000000001',
  '1::DECIMAL(38, 0)',
  '5::HUGEINT',
  "repeat('x', 40)",
  '1 + 1',
  "DATE '1970-01-03' - 1",
]

function randomCondition(random: Random, columns: readonly string[], depth: number): string {
  if (depth > 0 && random.below(2) === 0) {
    const [a, b] = [randomCondition(random, columns, depth - 1), randomCondition(random, columns, depth - 1)]
    return random.pick([
      `(${a}) AND (${b})`,
      `(${a}) OR (${b})`,
      `NOT (${a})`,
      `(${a}) AND random() >= 0`,
      `(${a}) OR random() < 0`,
    ])
  }
  const [column, x, y] = [random.pick(columns), random.pick(constants), random.pick(constants)]
  const op = random.pick(['=', '<>', '<', '<=', '>', '>='])
  return random.pick([
    `${column} ${op} ${x}`,
    `${column} ${op} ${x}`,
    `${x} ${op} ${column}`,
    `${column} IN (${x}, ${y})`,
    `${column} NOT IN (${x}, ${y})`,
    `${column} IS NULL`,
    `${column} IS NOT NULL`,
    `${column} BETWEEN ${x} AND ${y}`,
    `${column} NOT BETWEEN ${x} AND ${y}`,
    `${column} IS NOT DISTINCT FROM ${x}`,
    `${column} IS DISTINCT FROM ${x}`,
    `s LIKE 'a%'`,
    `starts_with(s, 'ab')`,
    'flag',
    'NOT flag',
    'flag IS NOT TRUE',
  ])
}

/** Every leaf's name as SQL has it. */
function names(fields: readonly StructField[], before: string[] = []): string[] {
  return fields.flatMap(({ name, type }) =>
    typeof type === 'object' && type.type === 'struct'
      ? names(type.fields, [...before, name])
      : [[...before, name].map(n => `"${n}"`).join('.')],
  )
}

test('no file is passed over that holds a row for which a condition is true', async () => {
  const random = new Random()
  const store = new MemoryStore()
  await using cache = new FileCache({ limitBytes: 10 ** 8 })
  const partitionColumns = ['Some Name', 'm']
  const metadata = {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns,
    configuration: {},
  }
  const shape = { ...metadata, schema }
  const files: AddFile[] = []
  for (let i = 0; i < 40; i++) {
    const rows = 1 + random.below(2)
    const columns = schema.fields
      .filter(f => !partitionColumns.includes(f.name))
      .map(f => ({ field: f, data: Array.from({ length: rows }, () => randomValue(random, f.type)) }))
    const bytes = encodeParquet(columns)
    const path = `${i}.parquet`
    await store.put(path, bytes)
    const plan = planStats(shape)
    const stats = random.below(10) === 0 ? undefined : encodeStats(collectStats(columns, plan), plan)
    const partitionValues = { 'Some Name': random.pick(['1', '-2', null]), m: random.pick(['0.50', '1.00', null]) }
    files.push({
      path,
      size: bytes.length,
      partitionValues,
      modificationTime: 0,
      dataChange: true,
      ...(stats === undefined ? {} : { stats }),
    })
  }
  const views = await Promise.all(
    files.map(file => openDeltaView(session, cache, { store, state: { metadata, schema }, files: [file] })),
  )
  await session.run(
    `CREATE TABLE rows AS ${views.map((view, i) => `SELECT *, ${i} AS file FROM (${view.sql})`).join(' UNION ALL ')}`,
  )
  for (const view of views) view.release()
  const skipper = new FileSkipper(shape)
  let skipped = 0
  let asked = 0
  for (let round = 0; round < 400 || (Math.min(asked, skipped) <= 100 && round < 8_000); round++) {
    const condition = randomCondition(random, names(schema.fields), 2)
    const found = await session
      .query(`SELECT DISTINCT file FROM rows AS t WHERE (${condition}\n)`)
      .catch(() => undefined)
    if (found === undefined) continue
    const { predicate } = await sqlPredicate(session, await parseCondition(session, condition, schema))
    asked++
    if (predicate === undefined) continue
    const holding = new Set(found.rows.map(row => row['file']))
    for (const [i, file] of files.entries()) {
      if (skipper.match(file, predicate) !== 'no') continue
      skipped++
      expect(
        holding.has(i),
        `${seedNote}: ${condition} passes over file ${i} with ${file.stats ?? ''} by ${JSON.stringify(predicate, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v))}`,
      ).toBe(false)
    }
  }
  expect(columnKey(['o', 'X'])).toBe('o.X')
  expect(asked, seedNote).toBeGreaterThan(100)
  expect(skipped, seedNote).toBeGreaterThan(100)
})
