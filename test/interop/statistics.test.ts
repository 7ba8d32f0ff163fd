import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { appendRows, rowsOf } from '../../shared/delta/dml/index.js'
import { createTable, DeltaTable } from '../../shared/delta/index.js'
import { openStore } from '../../shared/storage/index.js'
import type { DataType, Row, StructField, StructType, Value } from '../../shared/types/index.js'
import { type Donation, prepareOtherReaders } from '../harness/otherReaders.js'
import { ownSnapshot } from '../harness/ownReader.js'
import { randomValue } from '../parquet/randomColumns.js'
import { Random, seedNote } from '../random.js'

interface Case {
  readonly name: string
  readonly columns: Readonly<Record<string, DataType>>
  readonly rows: readonly Row[]
  readonly partitionColumns?: readonly string[]
  readonly configuration?: Readonly<Record<string, string>>
}

const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
const struct = (columns: Readonly<Record<string, DataType>>): StructType => ({
  type: 'struct',
  fields: fieldsOf(columns),
})
const array = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true })
const map = (valueType: DataType): DataType => ({ type: 'map', keyType: 'string', valueType, valueContainsNull: true })
const fieldsOf = (columns: Readonly<Record<string, DataType>>): StructField[] =>
  Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true }))
/** One column of each text, all of one value. */
const textColumns = (texts: readonly string[]) => ({
  columns: Object.fromEntries(texts.map((_, i): [string, DataType] => [`s${i}`, 'string'])),
  rows: [Object.fromEntries(texts.map((text, i) => [`s${i}`, text]))],
})

const flat: Readonly<Record<string, DataType>> = {
  s: 'string',
  by: 'byte',
  sh: 'short',
  i: 'integer',
  l: 'long',
  f: 'float',
  d: 'double',
  b: 'boolean',
  bin: 'binary',
  dt: 'date',
  ts: 'timestamp',
  d5: decimal(5, 2),
  d18: decimal(18, 18),
  d38: decimal(38, 18),
  d0: decimal(38, 0),
}
const micros = (text: string) => BigInt(Date.parse(text)) * 1000n
const smiles = '😀'.repeat(40)

const random = new Random()
/** Random values but for times that no engine prints in four digits of a year. */
function value(type: DataType): Value {
  for (;;) {
    const found = randomValue(random, type)
    if (
      type !== 'timestamp' ||
      (typeof found === 'bigint' && found > -62_135_596_800_000_001n && found < 253_402_300_800_000_000n)
    )
      return found
  }
}
const randomRows = (count: number): Row[] =>
  Array.from({ length: count }, () =>
    Object.fromEntries(Object.entries(flat).map(([name, type]) => [name, random.below(5) === 0 ? null : value(type)])),
  )

const nested: Readonly<Record<string, DataType>> = {
  st: struct({ a: 'integer', in: struct({ t: 'string', list: array('long'), z: 'timestamp' }), m: map('double') }),
  list: array(struct({ x: 'integer' })),
  m: map(struct({ y: 'string' })),
  empty: struct({ p: 'long', q: struct({ r: 'string' }) }),
  last: 'date',
}

const cases: readonly Case[] = [
  {
    name: 'the ends of every type',
    columns: flat,
    rows: [
      {
        s: '',
        by: -128,
        sh: -32768,
        i: -2147483648,
        l: -(2n ** 63n),
        f: -3.4028234663852886e38,
        d: -Number.MAX_VALUE,
        b: false,
        bin: new Uint8Array(),
        dt: -719162,
        ts: micros('0001-01-01T00:00:00Z'),
        d5: -99999n,
        d18: 1n - 10n ** 18n,
        d38: 1n - 10n ** 38n,
        d0: 1n - 10n ** 38n,
      },
      {
        s: '\u{10ffff}',
        by: 127,
        sh: 32767,
        i: 2147483647,
        l: 2n ** 63n - 1n,
        f: 3.4028234663852886e38,
        d: Number.MAX_VALUE,
        b: true,
        bin: Uint8Array.of(0, 255),
        dt: 2932896,
        ts: micros('9999-12-31T23:59:59.999Z') + 999n,
        d5: 99999n,
        d18: 10n ** 18n - 1n,
        d38: 10n ** 38n - 1n,
        d0: 10n ** 38n - 1n,
      },
    ],
  },
  {
    name: 'the least of every type, and zero',
    columns: flat,
    rows: [
      {
        s: '\u0000',
        by: 0,
        sh: 0,
        i: 0,
        l: 0n,
        f: 1.401298464324817e-45,
        d: 5e-324,
        b: false,
        bin: Uint8Array.of(0),
        dt: 0,
        ts: -1n,
        d5: 0n,
        d18: 0n,
        d38: -1n,
        d0: 0n,
      },
      {
        s: '\u0001',
        by: 0,
        sh: 0,
        i: 0,
        l: 0n,
        f: -1.401298464324817e-45,
        d: -5e-324,
        b: false,
        bin: Uint8Array.of(0),
        dt: -1,
        ts: 0n,
        d5: -1n,
        d18: 1n,
        d38: 1n,
        d0: -1n,
      },
    ],
  },
  { name: 'nothing but nulls', columns: { ...flat, ...nested }, rows: [{}, {}] },
  {
    name: 'NaN, infinities and both zeros',
    columns: { a: 'double', b: 'double', c: 'double', d: 'double', e: 'float', f: 'float', g: 'double', h: 'float' },
    rows: [
      { a: NaN, b: NaN, c: 0, d: -0, e: NaN, f: Infinity, g: -0, h: -0 },
      { a: NaN, b: 1, c: -0, d: 0, e: -Infinity, f: Infinity, g: -0, h: 0 },
      { a: null, b: -Infinity, c: null, d: null, e: 0, f: null, g: null, h: null },
    ],
  },
  {
    name: 'numbers with many digits, and few',
    columns: Object.fromEntries(
      Array.from({ length: 30 }, (_, i): [string, DataType] => [`c${i}`, i % 2 === 0 ? 'double' : 'float']),
    ),
    rows: Array.from({ length: 2 }, () =>
      Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => {
          const number = (random.next() - 0.5) * 10 ** (random.below(40) - 15)
          return [`c${i}`, i % 2 === 0 ? number : Math.fround(number)]
        }),
      ),
    ),
  },
  {
    name: 'decimals of many scales',
    columns: Object.fromEntries(
      [0, 1, 5, 6, 7, 8, 17, 18, 37, 38].map((scale): [string, DataType] => [`d${scale}`, decimal(38, scale)]),
    ),
    rows: [1n, -12_300n, 10n ** 8n].map(unscaled =>
      Object.fromEntries([0, 1, 5, 6, 7, 8, 17, 18, 37, 38].map(scale => [`d${scale}`, unscaled])),
    ),
  },
  {
    name: 'texts where they are cut',
    ...textColumns([
      'x'.repeat(32),
      'x'.repeat(33),
      `${'x'.repeat(32)}\u007f`,
      `${'x'.repeat(32)}ü`,
      `${'x'.repeat(31)}😀`,
      `${'x'.repeat(31)}😀tail`,
      `${'x'.repeat(32)}😀`,
      smiles,
      '\u{10ffff}'.repeat(16),
      '\u{10ffff}'.repeat(17),
      '\u{10ffff}'.repeat(33),
      '\u{10ffff}'.repeat(50),
      `${'\u{10ffff}'.repeat(20)}a`,
      `${'x'.repeat(32)}${'\u{10ffff}'.repeat(10)}z`,
      `${'x'.repeat(32)}${'\u{10ffff}'.repeat(40)}`,
      `${'x'.repeat(31)}\n\ttail`,
      '"quoted" \\ / \b\f\n\r\t \u0001\u001b\u001f \u007f \u2028',
      'e\u0301'.repeat(20),
      '\ufffd'.repeat(33),
      '\uffff'.repeat(40),
    ]),
  },
  {
    name: 'texts in the order of their bytes',
    columns: { a: 'string', b: 'string', c: 'string' },
    rows: [
      { a: '\uffff', b: 'a', c: `${smiles}1` },
      { a: '😀', b: '', c: `${smiles}2` },
      { a: 'z', b: 'a\u0000', c: null },
    ],
  },
  {
    name: 'fields inside structs, some of whose parents are null',
    columns: nested,
    rows: [
      {
        st: { a: 1, in: { t: 'x', list: [1n, null], z: -123_456n }, m: [{ key: 'k', value: 1 }] },
        list: [{ x: 1 }],
        m: null,
        empty: { p: null, q: null },
        last: 5,
      },
      { st: { a: null, in: null, m: null }, list: null, m: [{ key: 'k', value: null }], empty: null, last: null },
      { st: null, list: [], m: [], empty: { p: null, q: { r: null } }, last: -5 },
    ],
  },
  {
    name: 'more leaves than have statistics, the last within a struct',
    columns: {
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, i): [string, DataType] => [`c${i}`, i % 3 === 0 ? 'boolean' : 'integer']),
      ),
      st: struct({ a: 'string', b: array('string'), c: 'string', d: struct({ e: 'integer' }) }),
      beyond: 'integer',
    },
    rows: [
      {
        ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, i % 3 === 0 ? true : i])),
        st: { a: 'a', b: ['b'], c: 'c', d: { e: 1 } },
        beyond: 1,
      },
    ],
  },
  {
    name: 'as many columns as the table wants',
    columns: { a: 'integer', st: struct({ b: 'integer', c: 'integer' }), d: 'integer' },
    rows: [{ a: 1, st: { b: 2, c: 3 }, d: 4 }],
    configuration: { 'delta.dataSkippingNumIndexedCols': '2' },
  },
  {
    name: 'no columns',
    columns: { a: 'integer' },
    rows: [{ a: 1 }],
    configuration: { 'delta.dataSkippingNumIndexedCols': '0' },
  },
  {
    name: 'columns by name, in the order of the schema',
    columns: {
      a: 'integer',
      st: struct({ b: 'integer', c: struct({ x: 'string', y: 'string' }) }),
      d: 'integer',
      e: 'string',
    },
    rows: [{ a: 1, st: { b: 2, c: { x: 'x', y: 'y' } }, d: 4, e: 'e' }],
    configuration: { 'delta.dataSkippingStatsColumns': 'e,st.c,a' },
  },
  ...(['name', 'id'] as const).map((mode): Case => ({
    name: `columns mapped by ${mode}, whatever their names`,
    columns: { 'a b': 'integer', 'st.x': struct({ 'quote"d': 'string', 'ü,;{}()=': 'timestamp' }), part: 'string' },
    rows: [
      { 'a b': 1, 'st.x': { 'quote"d': 'x', 'ü,;{}()=': -1n }, part: 'a/b' },
      { 'a b': 2, 'st.x': null, part: null },
    ],
    partitionColumns: ['part'],
    configuration: { 'delta.columnMapping.mode': mode },
  })),
  {
    name: 'partitions apart',
    columns: { p: 'date', q: decimal(10, 3), v: 'long' },
    rows: [
      { p: 0, q: 1500n, v: 1n },
      { p: null, q: null, v: 2n },
      { p: 0, q: 1500n, v: 3n },
      { p: -719162, q: -1n, v: null },
    ],
    partitionColumns: ['p', 'q'],
  },
  {
    name: 'wall-clock times',
    columns: { a: 'timestamp_ntz', b: 'timestamp_ntz' },
    rows: [
      { a: -1n, b: micros('0001-01-01T00:00:00Z') },
      { a: 1_999n, b: micros('9999-12-31T23:59:59.999Z') + 999n },
    ],
  },
  ...[1, 2, 50].map((count): Case => ({ name: `${count} random rows`, columns: flat, rows: randomRows(count) })),
]

let folder: string
const found = new Map<string, readonly [ours: readonly string[], theirs: readonly string[]]>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'statistics-'))
  const donations = await Promise.all(cases.map(makeTwins))
  await (await prepareOtherReaders()).append('Spark', donations)
  for (const [i, { name }] of cases.entries()) {
    const { donor = '', table = '' } = donations[i] ?? {}
    found.set(name, [await statisticsOf(donor), await statisticsOf(table)])
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(cases.map(({ name }) => name))('Spark writes the same statistics of %s', name => {
  const [ours, theirs] = found.get(name) ?? [[], []]
  expect(theirs.length).toBeGreaterThan(0)
  expect(ours, seedNote).toEqual(theirs)
})

/** Two tables alike, of which one has the rows. */
async function makeTwins({ columns, rows, partitionColumns, configuration }: Case, at: number): Promise<Donation> {
  const schema = struct(columns)
  const made = createTable({ schema, partitionColumns, configuration, createdTime: 0 })
  const twins = { donor: join(folder, `${at}-ours`), table: join(folder, `${at}-theirs`) }
  for (const path of Object.values(twins)) await new DeltaTable(await openStore(path)).commit(made)
  const outcome = await appendRows(new DeltaTable(await openStore(twins.donor)), [rowsOf(schema, rows)])
  expect(outcome.kind).toBe('committed')
  return twins
}

/** The statistics of each file, in an order of partitions. */
async function statisticsOf(path: string): Promise<readonly string[]> {
  const { files } = await ownSnapshot(await openStore(path))
  return files
    .map(({ partitionValues, stats }) => `${JSON.stringify(Object.entries(partitionValues).sort())} ${stats ?? ''}`)
    .sort()
}
