import { describe, expect, test } from 'vitest'

import { decodeActions } from '../../../shared/delta/actions/actionCodec.js'
import type { Metadata } from '../../../shared/delta/actions/actions.js'
import { resolveDataPath } from '../../../shared/delta/actions/dataPath.js'
import { parseSchema } from '../../../shared/delta/schema/schema.js'
import { encodeStats, parseStats } from '../../../shared/delta/stats/stats.js'
import { collectStats } from '../../../shared/delta/stats/statsCollector.js'
import { planStats, statsColumns } from '../../../shared/delta/stats/statsColumns.js'
import { truncateMax, truncateMin } from '../../../shared/delta/stats/stringTruncation.js'
import { parseBound } from '../../../shared/delta/stats/valueBounds.js'
import { bufferSource, openParquet } from '../../../shared/parquet/index.js'
import {
  type Column,
  type ColumnData,
  type DataType,
  parseDecimal,
  type StructField,
  type StructType,
} from '../../../shared/types/index.js'
import { haveConformanceTables } from '../../harness/conformanceTables.js'
import { Random, seedNote } from '../../random.js'
import { dataFile, logFiles } from '../conformanceLogs.js'

const fieldOf = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const column = (name: string, type: DataType, data: ColumnData): Column => ({ field: fieldOf(name, type), data })
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
const planOf = (
  columns: readonly Column[],
  configuration: Record<string, string> = {},
  partitionColumns: string[] = [],
) => planStats({ schema: struct(...columns.map(c => c.field)), partitionColumns, configuration })
const encode = (...columns: Column[]) => encodeStats(collectStats(columns, planOf(columns)), planOf(columns))
const utf8 = (text: string) => Buffer.from(text, 'utf8')

describe('bounds', () => {
  test('long integers keep all digits, typed or not', () => {
    const text =
      '{"numRecords":3,"minValues":{"a":-9223372036854775808},"maxValues":{"a":9223372036854775807},"nullCount":{"a":0}}'
    const values = [2n ** 63n - 1n, -(2n ** 63n), 4294967296n]
    expect(encode(column('a', 'long', BigInt64Array.from(values)))).toBe(text)
    expect(encode(column('a', 'long', values))).toBe(text)
  })

  test('typed longs are ordered by both halves', () => {
    const random = new Random()
    for (let i = 0; i < 300; i++) {
      const values = Array.from({ length: 1 + random.below(6) }, () =>
        random.pick([random.long(), BigInt(random.below(4)), -BigInt(random.below(4))]),
      )
      const wide = BigInt64Array.from([7n, ...values]).subarray(1)
      const sorted = [...values].sort((a, b) => (a < b ? -1 : 1))
      const stats = collectStats([column('a', 'long', wide)], planOf([column('a', 'long', wide)])).columns.get('a')
      expect(stats, seedNote).toEqual({ min: sorted[0], max: sorted.at(-1), nullCount: 0n })
    }
  })

  test('NaN is the greatest, and infinities and minus zero have a text', () => {
    expect(encode(column('a', 'double', [1.5, NaN, -Infinity, null]))).toBe(
      '{"numRecords":4,"minValues":{"a":"-Infinity"},"maxValues":{"a":"NaN"},"nullCount":{"a":1}}',
    )
    expect(encode(column('a', 'double', Float64Array.of(-0)))).toContain(
      '"minValues":{"a":-0.0},"maxValues":{"a":-0.0}',
    )
    expect(encode(column('a', 'float', [NaN]))).toContain('"minValues":{"a":"NaN"},"maxValues":{"a":"NaN"}')
    expect(encode(column('a', 'double', [Infinity]))).toContain(
      '"minValues":{"a":"Infinity"},"maxValues":{"a":"Infinity"}',
    )
  })

  test('floats have the shortest text of a float, doubles that of a double', () => {
    expect(encode(column('a', 'float', Float32Array.of(0.234)))).toContain('{"a":0.234}')
    expect(encode(column('a', 'double', [46612611.77, 1984]))).toContain(
      '"minValues":{"a":1984.0},"maxValues":{"a":4.661261177E7}',
    )
  })

  test('timestamps are cut to milliseconds towards the past, before 1970 too', () => {
    expect(encode(column('a', 'timestamp', [-1n, 1_709_210_096_123_999n]))).toContain(
      '"minValues":{"a":"1969-12-31T23:59:59.999Z"},"maxValues":{"a":"2024-02-29T12:34:56.123Z"}',
    )
    expect(encode(column('a', 'timestamp_ntz', [0n]))).toContain('{"a":"1970-01-01T00:00:00.000"}')
  })

  test('of times and days outside the years of four digits are whole, and are read back', () => {
    expect(encode(column('a', 'timestamp', [-62_167_219_200_000_001n, 2n ** 62n]))).toContain(
      '"minValues":{"a":"-0001-12-31T23:59:59.999Z"},"maxValues":{"a":"+148108-07-06T14:00:27.387Z"}',
    )
    // Cut to milliseconds, the least of 64 bits would be below all that readers can count.
    expect(encode(column('a', 'timestamp', [-(2n ** 63n), 2n ** 63n - 1n]))).toContain(
      '"minValues":{},"maxValues":{"a":"+294247-01-10T04:00:54.775Z"}',
    )
    const days = column('d', 'date', Int32Array.of(-735525, 0, 3789723))
    const text = encode(days)
    expect(text).toContain('"minValues":{"d":"-0044-03-15"},"maxValues":{"d":"+12345-11-29"}')
    expect(parseBound('date', '-0044-03-15')).toBe(-735525)
    expect(parseBound('date', '+12345-11-29')).toBe(3789723)
    expect(parseBound('date', '2025-04-01T00:00:00.000Z')).toBe(20_179)
  })

  test.each([
    [[-1n, 10n ** 38n - 1n], '-1E-18', '99999999999999999999.999999999999999999'],
    [[0n], '0E-18', '0E-18'],
    [[1_500_000_000_000n, 10n ** 12n], '0.000001000000000000', '0.000001500000000000'],
    [[-123n, 10n ** 12n - 1n], '-1.23E-16', '9.99999999999E-7'],
  ])(
    'the decimals %s have all their digits from %s to %s, and an exponent after five zeros',
    (values, least, greatest) => {
      const type = { type: 'decimal', precision: 38, scale: 18 } as const
      expect(encode(column('a', type, values))).toContain(`"minValues":{"a":${least}},"maxValues":{"a":${greatest}}`)
    },
  )

  test('escapes have capital digits, and a backslash is no escape of what follows it', () => {
    expect(encode(column('a', 'string', ['\u0001', '\\u001f', '\n\u001b']))).toContain(
      String.raw`"minValues":{"a":"\u0001"},"maxValues":{"a":"\\u001f"}`,
    )
    expect(encode(column('a', 'string', ['\u001b\u001f']))).toContain(String.raw`"\u001B\u001F"`)
  })

  test('booleans, bytes, arrays and maps have counts of nulls alone, and a column of nulls has no bounds', () => {
    expect(
      encode(
        column('b', 'boolean', [true, null]),
        column('x', 'binary', [new Uint8Array(1), null]),
        column('l', { type: 'array', elementType: 'long', containsNull: true }, [[1n, null], null]),
        column('m', { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: true }, [[], null]),
        column('n', 'long', [null, null]),
        column('d', 'date', Int32Array.of(0, -1)),
      ),
    ).toBe(
      '{"numRecords":2,"minValues":{"d":"1969-12-31"},"maxValues":{"d":"1970-01-01"},' +
        '"nullCount":{"b":1,"x":1,"l":1,"m":1,"n":2,"d":0}}',
    )
  })

  test('a null struct is null in each of its leaves', () => {
    const type = struct(fieldOf('x', 'long'), fieldOf('in', struct(fieldOf('y', 'string'))))
    expect(encode(column('s', type, [{ x: 1n, in: { y: 'b' } }, null, { x: 3n, in: null }, { in: {} }]))).toBe(
      '{"numRecords":4,"minValues":{"s":{"x":1,"in":{"y":"b"}}},"maxValues":{"s":{"x":3,"in":{"y":"b"}}},' +
        '"nullCount":{"s":{"x":2,"in":{"y":3}}}}',
    )
  })

  test('a column that the file lacks is null in every row', () => {
    const here = column('a', 'long', [1n])
    const plan = planOf([here, column('later', 'long', [])])
    expect(encodeStats(collectStats([here], plan), plan)).toBe(
      '{"numRecords":1,"minValues":{"a":1},"maxValues":{"a":1},"nullCount":{"a":0,"later":1}}',
    )
  })

  test('columns of different lengths are refused', () => {
    const columns = [column('a', 'long', [1n]), column('b', 'long', [])]
    expect(() => collectStats(columns, planOf(columns))).toThrow(/column b has 0 values, others have 1/)
  })
})

describe('which columns have statistics', () => {
  const many = Array.from({ length: 40 }, (_, i) => column(`c${i}`, 'long', []))
  const keys = (configuration: Record<string, string>, columns = many, partitions: string[] = []) =>
    planOf(columns, configuration, partitions).columns.map(c => c.key)

  test('the first 32 leaves, partition columns not counted', () => {
    expect(keys({})).toHaveLength(32)
    expect(keys({}, many, ['C3'])).toEqual(
      many
        .map(c => c.field.name)
        .filter(n => n !== 'c3')
        .slice(0, 32),
    )
    const nested = column('s', struct(...many.map(c => c.field)), [])
    expect(keys({}, [nested, ...many])).toEqual(many.slice(0, 32).map(c => `s.${c.field.name}`))
  })

  test('as many as the property says, all for -1, none for 0', () => {
    expect(keys({ 'delta.dataSkippingNumIndexedCols': '-1' })).toHaveLength(40)
    expect(keys({ 'delta.dataSkippingNumIndexedCols': '2' })).toEqual(['c0', 'c1'])
    expect(
      encodeStats({ numRecords: 5n, columns: new Map() }, planOf(many, { 'delta.dataSkippingNumIndexedCols': '0' })),
    ).toBe('{"numRecords":5}')
  })

  test('exactly the named ones, whatever the number says; a struct names all in it', () => {
    const columns = [...many, column('s', struct(fieldOf('x', 'long'), fieldOf('y.z', 'long')), [])]
    const named = (list: string) =>
      keys({ 'delta.dataSkippingStatsColumns': list, 'delta.dataSkippingNumIndexedCols': '1' }, columns)
    expect(named('c39, S')).toEqual(['c39', 's.x', 's.`y.z`'])
    expect(named('s.`y.z`,`c1`')).toEqual(['c1', 's.`y.z`'])
  })

  test('mapped columns have their physical names in the text', () => {
    const mapped = { ...fieldOf('a', 'long'), metadata: { 'delta.columnMapping.physicalName': 'col-1' } }
    const columns = [{ field: mapped, data: [1n] }]
    const plan = planOf(columns, { 'delta.columnMapping.mode': 'name' })
    const text = encodeStats(collectStats(columns, plan), plan)
    expect(text).toContain('"minValues":{"col-1":1}')
    expect(parseStats(text, plan.columns).columns.get('a')).toEqual({ min: 1n, max: 1n, nullCount: 0n })
  })
})

describe('long strings', () => {
  const x31 = 'x'.repeat(31)

  test('32 units stay whole; a cut maximum gets a tie-breaker above what was cut', () => {
    expect(truncateMax(`${x31}y`, 32)).toBe(`${x31}y`)
    expect(truncateMax(`${x31}ya`, 32)).toBe(`${x31}y\u007f`)
    expect(truncateMax(`${x31}y\u007f`, 32)).toBe(`${x31}y\u{10ffff}`)
    expect(truncateMax(`${x31}yé`, 32)).toBe(`${x31}y\u{10ffff}`)
    expect(truncateMin(`${x31}yz`, 32)).toBe(`${x31}y`)
  })

  test('a surrogate pair at the cut stays whole', () => {
    expect(truncateMin(`${x31}😀z`, 32)).toBe(`${x31}😀`)
    expect(truncateMax(`${x31}😀`, 32)).toBe(`${x31}😀`)
  })

  test('a least text keeps 32 characters, a greatest 32 units', () => {
    const smiles = '😀'.repeat(40)
    expect(truncateMin(smiles, 32)).toBe('😀'.repeat(32))
    expect(truncateMin('😀'.repeat(20), 32)).toBe('😀'.repeat(20))
    expect(truncateMax(smiles, 32)).toBe(`${'😀'.repeat(16)}\u{10ffff}`)
    expect([truncateMin('abc', 0), truncateMax('abc', 0)]).toEqual(['', undefined])
    expect(truncateMax(`${x31}😀z`, 32)).toBe(`${x31}😀\u007f`)
  })

  test('the greatest of all characters is skipped over, and after 64 units there is no maximum', () => {
    const top = '\u{10ffff}'
    expect(truncateMax(`${x31}x${top}a`, 32)).toBe(`${x31}x${top}\u007f`)
    expect(truncateMax(`${x31}x${top}`, 32)).toBe(`${x31}x${top}`)
    expect(truncateMax(`${x31}x${top.repeat(17)}a`, 32)).toBeUndefined()
    expect(encode(column('a', 'string', [`${x31}x${top.repeat(17)}a`]))).toContain(
      `"minValues":{"a":"${x31}x"},"maxValues":{}`,
    )
  })

  test('bounds hold every value between them in the order of UTF-8 bytes, whatever the text', () => {
    const random = new Random()
    for (let i = 0; i < 1000; i++) {
      const prefix = 1 + random.below(8)
      const stem = random.text(8)
      const values = Array.from({ length: 1 + random.below(5) }, () =>
        random.pick([stem + random.text(20), random.text(3)]),
      )
      const plan = planOf([column('a', 'string', values)], { 'delta.dataSkippingStringPrefixLength': String(prefix) })
      const stats = collectStats([column('a', 'string', values)], plan)
      const exact = [...values].sort((a, b) => Buffer.compare(utf8(a), utf8(b)))
      expect(stats.columns.get('a'), seedNote).toEqual({ min: exact[0], max: exact.at(-1), nullCount: 0n })
      const { min, max } = parseStats(encodeStats(stats, plan), plan.columns).columns.get('a') ?? {}
      for (const value of values) {
        expect(Buffer.compare(utf8(min as string), utf8(value)), seedNote).toBeLessThanOrEqual(0)
        if (max !== undefined)
          expect(Buffer.compare(utf8(max as string), utf8(value)), seedNote).toBeGreaterThanOrEqual(0)
      }
      expect((min as string).isWellFormed() && ((max ?? '') as string).isWellFormed()).toBe(true)
    }
  })

  test('a lone surrogate is what the file holds for it, U+FFFD, in value and in order', () => {
    const random = new Random()
    const pieces = ['\ud800', '\udc00', '\ufffe', '\uffff', '\ue000', '\u{10000}', 'a', '\ufffd']
    for (let i = 0; i < 1000; i++) {
      const values = Array.from(
        { length: 1 + random.below(4) },
        () => random.pick(pieces) + random.pick(pieces) + random.pick(pieces),
      )
      const stats = collectStats([column('a', 'string', values)], planOf([column('a', 'string', values)])).columns.get(
        'a',
      )
      const exact = values.map(v => v.toWellFormed()).sort((a, b) => Buffer.compare(utf8(a), utf8(b)))
      expect(stats, `${seedNote}: ${JSON.stringify(values)}`).toEqual({
        min: exact[0],
        max: exact.at(-1),
        nullCount: 0n,
      })
    }
  })
})

describe('reading', () => {
  const schema = struct(
    fieldOf('l', 'long'),
    fieldOf('d', { type: 'decimal', precision: 38, scale: 4 }),
    fieldOf('t', 'timestamp'),
    fieldOf('f', 'double'),
  )
  const columns = statsColumns({ schema, partitionColumns: [], configuration: {} })

  test('numbers keep their digits, offsets are honoured, wide bounds are reported to be wide', () => {
    const text =
      '{"numRecords":2,"minValues":{"l":9007199254740993,"d":12345678901234567890.1234,"t":"2000-01-01T00:00:00.000-08:00","f":"NaN"},' +
      '"maxValues":{"d":1E+3},"nullCount":{"l":1},"tightBounds":false}'
    const stats = parseStats(text, columns)
    expect(stats.tightBounds).toBe(false)
    expect(stats.columns.get('l')).toEqual({ min: 9007199254740993n, nullCount: 1n })
    expect(stats.columns.get('d')).toEqual({ min: 123456789012345678901234n, max: 10_000_000n })
    expect(stats.columns.get('t')).toEqual({ min: 946_713_600_000_000n })
    expect(stats.columns.get('f')).toEqual({ min: NaN })
  })

  test('a bound of another type is unknown, not an error', () => {
    const stats = parseStats('{"numRecords":1,"minValues":{"l":"x","d":0.00001,"t":5,"f":{}},"nullCount":"?"}', columns)
    expect(stats.columns.size).toBe(0)
  })

  test.each(['', '[]', '{"minValues":{}}', '{"numRecords":"1"}'])('%j is no statistics', text => {
    expect(() => parseStats(text, columns, { file: '3.json' })).toThrow(/statistics.*file 3\.json/)
  })
})

describe.skipIf(!haveConformanceTables)('statistics that Spark wrote', () => {
  test('are those that we collect from the same data files', async () => {
    let compared = 0
    const metadata = new Map<string, Metadata>()
    for (const { table, name, text } of logFiles(/^\d{20}\.json$/)) {
      const actions = decodeActions(text, { table, file: name })
      for (const action of actions) if ('metaData' in action) metadata.set(table, action.metaData)
      const meta = metadata.get(table)
      if (meta === undefined || 'delta.columnMapping.mode' in meta.configuration) continue
      for (const action of actions) {
        if (
          !('add' in action) ||
          action.add.stats?.includes('minValues') !== true ||
          action.add.deletionVector !== undefined
        )
          continue
        const target = resolveDataPath('file:///t', action.add.path)
        const bytes = target.kind === 'relative' ? dataFile(table, target.name) : undefined
        if (bytes === undefined) continue
        const shape = {
          schema: parseSchema(meta.schemaString),
          partitionColumns: meta.partitionColumns,
          configuration: meta.configuration,
        }
        const fields = shape.schema.fields.filter(f => !meta.partitionColumns.includes(f.name))
        const plan = planStats(shape)
        const columns = await (await openParquet(bufferSource(bytes))).readColumns({ fields })
        const ours = withoutSpelling(encodeStats(collectStats(columns, plan), plan))
        const theirs = withoutSpelling(action.add.stats.replace(',"tightBounds":true', ''))
        expect(JSON.parse(ours), `${table} ${action.add.path}`).toEqual(JSON.parse(theirs))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(50)
  })

  test('come out of our encoder with the same text', () => {
    let compared = 0
    const metadata = new Map<string, Metadata>()
    for (const { table, name, text } of logFiles(/^\d{20}\.json$/)) {
      const actions = decodeActions(text, { table, file: name })
      for (const action of actions) if ('metaData' in action) metadata.set(table, action.metaData)
      const meta = metadata.get(table)
      if (meta === undefined || /"void"|invalid/.test(meta.schemaString)) continue
      const shape = {
        schema: parseSchema(meta.schemaString),
        partitionColumns: meta.partitionColumns,
        configuration: meta.configuration,
      }
      for (const action of actions) {
        const stats = 'add' in action ? action.add.stats : undefined
        if (stats === undefined || !stats.includes('minValues')) continue
        const plan = planStats(shape)
        const written = encodeStats(parseStats(stats, plan.columns), plan)
        expect(withoutSpelling(written), `${table} ${name}`).toBe(withoutSpelling(stats))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(100)
  })
})

/** Decimals in plain digits, and times in UTC: what Spark of different ages spells in different ways. */
function withoutSpelling(stats: string): string {
  return stats
    .replace(/(?<=:)-?\d+(?:\.\d+)?E-\d+/g, number => plainDigits(number))
    .replace(
      /"([^"]*T[^"]*)([+-]\d\d:\d\d)"/g,
      (_all, time: string, offset: string) => `"${new Date(time + offset).toISOString()}"`,
    )
}

function plainDigits(text: string): string {
  const [, digits = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?E-(\d+)$/.exec(text) ?? []
  const scale = fraction.length + Number(exponent)
  const unscaled = parseDecimal(`${digits}${fraction}`, 0) ?? 0n
  const padded = String(unscaled).padStart(scale + 1, '0')
  return `${text.startsWith('-') ? '-' : ''}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
