import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import parquetjs from 'parquetjs-lite'
import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { decompress } from '../../../shared/parquet/page/codec.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { encodeParquet, type ParquetOptions, ParquetWriter } from '../../../shared/parquet/write/writer.js'
import type { Column, DataType, StructField, Value } from '../../../shared/types/index.js'
import { bronzeColumns } from '../../bench/bronzeColumns.js'
import { Random, seedNote } from '../../random.js'
import { randomColumn } from '../randomColumns.js'

function column(name: string, type: DataType, data: Column['data'], nullable = true): Column {
  return { field: { name, type, nullable }, data }
}

function collector() {
  const parts: Uint8Array[] = []
  const sink = {
    write(bytes: Uint8Array) {
      parts.push(Uint8Array.from(bytes))
      return Promise.resolve()
    },
  }
  return { sink, bytes: () => Buffer.concat(parts) }
}

describe('values a column cannot hold are refused by name', () => {
  const refused: readonly [DataType, Value][] = [
    ['byte', 128],
    ['short', -32769],
    ['integer', 2147483648],
    ['integer', 1.5],
    ['long', 2n ** 63n],
    ['long', 1],
    ['double', 1n],
    ['string', 5],
    ['binary', 'text'],
    ['boolean', 0],
    ['timestamp', -(2n ** 63n) - 1n],
    [{ type: 'decimal', precision: 3, scale: 1 }, 1000n],
    [{ type: 'array', elementType: 'long', containsNull: false }, [null]],
    [{ type: 'array', elementType: 'long', containsNull: true }, 'no array'],
    [{ type: 'struct', fields: [{ name: 'x', type: 'long', nullable: false }] }, {}],
  ]
  for (const [type, value] of refused) {
    test(`${JSON.stringify(type)}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`, () => {
      expect(() => encodeParquet([column('c', type, [value])])).toThrow(
        expect.objectContaining({
          code: 'PARQUET_BAD_VALUE',
          message: expect.stringMatching(/\bc\b/) as string,
        }) as Error,
      )
    })
  }

  test('a typed array whose numbers do not fit the narrow type', () => {
    expect(() => encodeParquet([column('c', 'byte', Int32Array.of(1, 300))])).toThrow(/cannot hold 300/)
  })

  test('a null where none may be', () => {
    expect(() => encodeParquet([column('c', 'long', [1n, null], false)])).toThrow(/c is not nullable/)
  })

  test('columns of different lengths', () => {
    const columns = [column('a', 'long', [1n]), column('b', 'long', [1n, 2n])]
    expect(() => encodeParquet(columns)).toThrow(/Column b has 2 values, the first column 1/)
  })
})

describe('the streaming writer', () => {
  test('writes row groups as they come and counts bytes and rows', async () => {
    const { sink, bytes } = collector()
    const ids = column('id', 'long', BigInt64Array.of(1n, 2n))
    const more = column('id', 'long', [null])
    const writer = new ParquetWriter(sink, [ids.field])
    await writer.appendRowGroup([ids])
    await writer.appendRowGroup([column('id', 'long', [])])
    await writer.appendRowGroup([more])
    expect(await writer.finish()).toEqual({ bytes: bytes().length, rows: 3 })
    const file = await openParquet(bufferSource(bytes()))
    expect(file.rowGroups.map(({ rowStart, rows }) => [rowStart, rows])).toEqual([
      [0, 2],
      [2, 1],
    ])
    expect((await file.readColumns())[0]?.data).toEqual([1n, 2n, null])
  })

  test('a file without rows has its schema', async () => {
    const { sink, bytes } = collector()
    const { field } = column('s', 'string', [])
    await new ParquetWriter(sink, [field]).finish()
    const file = await openParquet(bufferSource(bytes()))
    expect([file.rowCount, file.fields]).toEqual([0, [field]])
  })

  test('columns in another order than the schema are refused', async () => {
    const { sink } = collector()
    const [a, b] = [column('a', 'long', [1n]), column('b', 'long', [1n])]
    const writer = new ParquetWriter(sink, [a.field, b.field])
    await expect(writer.appendRowGroup([b, a])).rejects.toMatchObject({ code: 'PARQUET_BAD_SHAPE' })
  })
})

describe('columns that say little take little', () => {
  const rows = 100_000
  const cheap: readonly Column[] = [
    column('null', 'string', new Array<null>(rows).fill(null)),
    column('text', 'string', new Array<string>(rows).fill('events')),
    column('bytes', 'binary', new Array<Uint8Array>(rows).fill(Buffer.from('k'))),
    column('number', 'integer', new Int32Array(rows).fill(3)),
    column('time', 'timestamp', new BigInt64Array(rows).fill(1743528277000000n)),
    column('double', 'double', new Float64Array(rows)),
    column(
      'offset',
      'long',
      BigInt64Array.from({ length: rows }, (_, i) => BigInt(9_000_000 + i)),
    ),
  ]
  for (const c of cheap) {
    test(c.field.name, () => {
      expect(encodeParquet([c]).length).toBeLessThan(c.field.name === 'offset' ? 3000 : 500)
    })
  }
})

describe('readers that share no code with the writer', () => {
  for (const codec of ['snappy', 'uncompressed'] as const) {
    test(`parquetjs-lite reads ${codec}`, async () => {
      const columns = bronzeColumns(3000).filter(({ field }) => field.type !== 'timestamp')
      const reader = await parquetjs.ParquetReader.openBuffer(
        Buffer.from(encodeParquet(columns, { codec, pageBytes: 20_000 })),
      )
      const cursor = reader.getCursor()
      for (let i = 0; i < 3000; i++) {
        const row = await cursor.next()
        const expected = columns.map(({ data }) => text(data[i] as Flat))
        expect(
          columns.map(({ field }) => text((row?.[field.name] ?? null) as Flat)),
          `row ${i}`,
        ).toEqual(expected)
      }
      expect(await cursor.next()).toBeNull()
    })
  }

  const packed: readonly DataType[] = ['long', 'integer', 'string', 'binary', 'double', 'boolean', 'short']
  for (const options of [
    { codec: 'zstd' },
    { codec: 'uncompressed', packed: true },
    { codec: 'snappy' },
  ] as ParquetOptions[]) {
    test(`hyparquet's own decoders read ${JSON.stringify(options)}`, async () => {
      const random = new Random()
      const columns = packed.map((type, i) =>
        randomColumn(random, { name: `c${i}`, type, nullable: i % 2 === 0 }, 2000),
      )
      const bytes = encodeParquet(columns, { ...options, pageBytes: 2000, rowGroupRows: 900 })
      const rows = await parquetReadObjects({
        file: bufferSource(bytes),
        utf8: false,
        compressors: { ZSTD: (page, length) => decompress('ZSTD', page, length) },
      })
      expect(rows.length).toBe(2000)
      for (const [i, row] of rows.entries()) {
        const expected = columns.map(({ data }) => text(data[i] as Flat))
        expect(
          columns.map(({ field }) => text((row[field.name] ?? null) as Flat)),
          `${seedNote}, row ${i}`,
        ).toEqual(expected)
      }
    })
  }
})

type Flat = string | number | bigint | boolean | Uint8Array | null

function text(value: Flat): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Object.is(value, -0) ? '-0' : String(value)
}

const floats: readonly (readonly [what: string, type: DataType, of: (values: number[]) => Column['data']])[] = [
  ['doubles', 'double', values => values],
  ['a typed array of doubles', 'double', values => Float64Array.from(values)],
  ['floats', 'float', values => values],
  ['a typed array of floats', 'float', values => Float32Array.from(values)],
]
test.each(floats)(
  '%s have no bounds in the footer where one is NaN, first, last or in between: readers would pass it over',
  async (_, type, of) => {
    const bounds = async (values: number[]) => {
      const metadata = await parquetMetadataAsync(bufferSource(encodeParquet([column('c', type, of(values))])))
      const statistics = metadata.row_groups[0]?.columns[0]?.meta_data?.statistics
      return [statistics?.min_value, statistics?.max_value]
    }
    for (const values of [[NaN, 1, 2], [1, NaN, 2], [1, 2, NaN], [NaN]])
      expect(await bounds(values), String(values)).toEqual([undefined, undefined])
    expect(await bounds([2, 1, 3])).toEqual([1, 3])
  },
)

test('a decimal has no bounds in the footer, which would be taken for others', async () => {
  const field: StructField = { name: 'c', type: { type: 'decimal', precision: 5, scale: 2 }, nullable: true }
  const bytes = encodeParquet([{ field, data: [1n] }])
  const metadata = await parquetMetadataAsync(bufferSource(bytes))
  expect(metadata.row_groups[0]?.columns[0]?.meta_data?.statistics?.min_value).toBeUndefined()
})
