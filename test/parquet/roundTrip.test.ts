import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../shared/parquet/base/bufferSource.js'
import { writtenCodecs } from '../../shared/parquet/page/codec.js'
import { openParquet } from '../../shared/parquet/read/reader.js'
import { encodeParquet, type ParquetOptions } from '../../shared/parquet/write/writer.js'
import type { Column, DataType, StructField, Value } from '../../shared/types/index.js'
import { Random, seedNote, testSeed } from '../random.js'
import { flatTypes, randomColumn, randomType } from './randomColumns.js'

async function readBack(columns: readonly Column[], options?: ParquetOptions): Promise<Column[]> {
  const file = await openParquet(bufferSource(encodeParquet(columns, options)))
  expect(file.rowCount).toBe(columns[0]?.data.length ?? 0)
  return file.readColumns()
}

function values(column: Column | undefined): Value[] {
  return Array.from(column?.data ?? [], value => plain(value))
}

/** Binary values may come as Buffers or views; what counts is their bytes. */
function plain(value: Value): Value {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return (value as readonly Value[]).map(plain)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner as Value)]))
  }
  return value
}

function typeName(type: DataType): string {
  return typeof type === 'string' ? type : JSON.stringify(type)
}

describe('what is written is read back', () => {
  for (const type of flatTypes) {
    for (const codec of writtenCodecs) {
      test(`${typeName(type)} with ${codec}`, async () => {
        for (const nullable of [true, false]) {
          for (const rows of [0, 1, 2, 7, 8, 129, 3000]) {
            for (const nulls of nullable ? [0, 0.3, 1] : [0]) {
              const field: StructField = { name: 'c', type, nullable }
              const column = randomColumn(new Random(testSeed + rows), field, rows, nulls)
              const [read] = await readBack([column], { codec, pageBytes: 1000, rowGroupRows: 1000 })
              expect(read?.field, seedNote).toEqual(field)
              expect(values(read), `${seedNote}, ${rows} rows, ${nulls} null`).toEqual(values(column))
            }
          }
        }
      })
    }
  }

  test('nested columns of random types, with nulls and empty collections at every level', async () => {
    for (let round = 0; round < 150; round++) {
      const random = new Random(testSeed + round)
      const field: StructField = { name: 'c', type: randomType(random, 4), nullable: random.below(3) > 0 }
      const column = randomColumn(random, field, random.below(200))
      const options = { codec: random.pick(writtenCodecs), pageBytes: 200 + random.below(2000), rowGroupRows: 64 }
      const [read] = await readBack([column], options)
      const at = `${seedNote}, round ${round}, ${typeName(field.type)}`
      expect(read?.field, at).toEqual(field)
      expect(values(read), at).toEqual(values(column))
    }
  })

  test('typed arrays, without changing them', async () => {
    const columns: Column[] = [
      { field: { name: 'l', type: 'long', nullable: true }, data: BigInt64Array.of(2n ** 63n - 1n, -1n, 0n) },
      { field: { name: 'd', type: 'double', nullable: true }, data: Float64Array.of(-0, NaN, 1e300) },
      { field: { name: 'f', type: 'float', nullable: false }, data: Float32Array.of(1.5, -0, Infinity) },
      { field: { name: 'i', type: 'integer', nullable: true }, data: Int32Array.of(-2147483648, 0, 2147483647) },
      { field: { name: 's', type: 'short', nullable: true }, data: Int32Array.of(1, 2, 3) },
    ]
    const before = columns.map(column => values(column))
    expect((await readBack(columns)).map(column => values(column))).toEqual(before)
    expect(columns.map(column => values(column))).toEqual(before)
  })

  test('a lone surrogate at the edge of a text does not join its neighbour', async () => {
    const field: StructField = { name: 's', type: 'string', nullable: false }
    const [read] = await readBack([{ field, data: ['ab\ud83d', '\ude00cd', 'plain', 'more'] }])
    expect(values(read)).toEqual(['ab\ufffd', '\ufffdcd', 'plain', 'more'])
  })

  test('maps keep the order and the repeats of their keys', async () => {
    const field: StructField = {
      name: 'm',
      type: { type: 'map', keyType: 'string', valueType: 'integer', valueContainsNull: true },
      nullable: false,
    }
    const data = [
      [
        { key: '2', value: 1 },
        { key: '1', value: null },
        { key: '2', value: 3 },
      ],
    ]
    expect(values((await readBack([{ field, data }]))[0])).toEqual(data)
  })
})
