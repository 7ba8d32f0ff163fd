import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { openParquet, type ReadOptions } from '../../../shared/parquet/read/index.js'
import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import type { Column, DataType, Row, StructField, Value } from '../../../shared/types/index.js'

function field(name: string, type: DataType, id?: number): StructField {
  return { name, type, nullable: true, ...(id === undefined ? {} : { metadata: { 'delta.columnMapping.id': id } }) }
}

async function read(columns: readonly Column[], options: ReadOptions): Promise<Value[][]> {
  const file = await openParquet(bufferSource(encodeParquet(columns, { rowGroupRows: 2 })))
  return (await file.readColumns(options)).map(({ data }) => Array.from(data as Value[]))
}

const ids: Column = { field: field('id', 'long'), data: [1n, 2n, null, 4n, 5n] }
const names: Column = { field: field('name', 'string'), data: ['a', 'b', 'c', null, 'e'] }

describe('reading part of a file', () => {
  test('a column that the file lacks is null in every row', async () => {
    expect(await read([ids, names], { columns: ['later', 'name'] })).toEqual([
      [null, null, null, null, null],
      ['a', 'b', 'c', null, 'e'],
    ])
  })

  test('a range of rows may begin and end inside row groups', async () => {
    expect(await read([ids, names], { rowStart: 1, rowEnd: 4 })).toEqual([
      [2n, null, 4n],
      ['b', 'c', null],
    ])
    expect(await read([ids], { rowStart: 5 })).toEqual([[]])
  })

  test('rows come one by one, with the columns asked for', async () => {
    const file = await openParquet(bufferSource(encodeParquet([ids, names], { rowGroupRows: 2 })))
    const rows: Row[] = []
    for await (const row of file.rows({ columns: ['name', 'later'], rowStart: 2 })) rows.push(row)
    expect(rows).toEqual([
      { name: 'c', later: null },
      { name: null, later: null },
      { name: 'e', later: null },
    ])
  })

  test('a field that a struct lacks is null, and a null struct stays null', async () => {
    const inner: DataType = {
      type: 'struct',
      fields: [field('x', 'long'), field('deep', { type: 'array', elementType: 'long', containsNull: true })],
    }
    const column: Column = {
      field: field('s', inner),
      data: [{ x: 1n, deep: [1n, 2n] }, null, { x: null, deep: [] }, { x: null, deep: null }],
    }
    const wider: DataType = { type: 'struct', fields: [field('y', 'string'), field('x', 'long')] }
    expect(await read([column], { fields: [field('s', wider)] })).toEqual([
      [{ y: null, x: 1n }, null, { y: null, x: null }, { y: null, x: null }],
    ])
  })

  test('a struct of which the file has no field that is asked for is still null where it was null', async () => {
    const inner: DataType = {
      type: 'struct',
      fields: [field('deep', { type: 'array', elementType: 'long', containsNull: true })],
    }
    const column: Column = {
      field: field('s', inner),
      data: [{ deep: [1n, 2n, 3n] }, null, { deep: [] }, { deep: [4n] }],
    }
    const other: DataType = { type: 'struct', fields: [field('y', 'string')] }
    expect(await read([column], { fields: [field('s', other)] })).toEqual([
      [{ y: null }, null, { y: null }, { y: null }],
    ])
    const listed: Column = {
      field: field('l', { type: 'array', elementType: inner, containsNull: true }),
      data: [[{ deep: [1n, 2n] }, null, { deep: [] }], [], null, [{ deep: null }]],
    }
    expect(
      await read([listed], { fields: [field('l', { type: 'array', elementType: other, containsNull: true })] }),
    ).toEqual([[[{ y: null }, null, { y: null }], [], null, [{ y: null }]]])
  })

  test('by id, a renamed column is found and a new one of the old name is not', async () => {
    const columns: Column[] = [
      { field: field('a', 'long', 7), data: [1n] },
      { field: field('b', 'long', 8), data: [2n] },
    ]
    const fields = [field('b', 'long', 7), field('a', 'long', 9)]
    expect(await read(columns, { fields, match: 'id' })).toEqual([[1n], [null]])
    expect(await read(columns, { fields })).toEqual([[2n], [1n]])
  })
})

describe('widened types', () => {
  const widened: readonly [DataType, DataType, Value, Value][] = [
    ['byte', 'short', -128, -128],
    ['short', 'integer', 32767, 32767],
    ['integer', 'long', -5, -5n],
    ['integer', 'double', 7, 7],
    ['float', 'double', 1.5, 1.5],
    ['date', 'timestamp_ntz', -1, -86_400_000_000n],
    ['integer', { type: 'decimal', precision: 12, scale: 2 }, 5, 500n],
    ['long', { type: 'decimal', precision: 20, scale: 1 }, 2n ** 53n + 1n, (2n ** 53n + 1n) * 10n],
    [{ type: 'decimal', precision: 5, scale: 2 }, { type: 'decimal', precision: 30, scale: 4 }, -123n, -12300n],
  ]
  for (const [from, to, written, expected] of widened) {
    test(`${JSON.stringify(from)} reads as ${JSON.stringify(to)}`, async () => {
      const data = [written, null, written]
      expect(await read([{ field: field('c', from), data }], { fields: [field('c', to)] })).toEqual([
        [expected, null, expected],
      ])
    })
  }

  const refused: readonly [DataType, DataType][] = [
    ['long', 'integer'],
    ['string', 'long'],
    ['double', 'float'],
    ['long', 'timestamp'],
    [
      { type: 'decimal', precision: 5, scale: 2 },
      { type: 'decimal', precision: 5, scale: 1 },
    ],
    ['string', { type: 'array', elementType: 'string', containsNull: true }],
    [{ type: 'array', elementType: 'string', containsNull: true }, 'string'],
  ]
  for (const [from, to] of refused) {
    test(`${JSON.stringify(from)} is not read as ${JSON.stringify(to)}`, async () => {
      const reading = read([{ field: field('c', from), data: [null] }], { fields: [field('c', to)] })
      await expect(reading).rejects.toMatchObject({ code: 'PARQUET_TYPE_MISMATCH', data: { column: 'c' } })
    })
  }
})
