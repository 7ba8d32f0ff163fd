import { describe, expect, test } from 'vitest'

import { charPadding } from '../../../shared/delta/schema/charPadding.js'
import { FileSkipper } from '../../../shared/delta/stats/fileSkipping.js'
import type { DataType, StructField, Value } from '../../../shared/types/index.js'

const field = (type: DataType, text: string): StructField => ({
  name: 'c',
  type,
  nullable: true,
  metadata: { __CHAR_VARCHAR_TYPE_STRING: text },
})
const padded = (type: DataType, text: string, value: Value) => charPadding(field(type, text))?.(value)

describe('columns of CHAR(n)', () => {
  test.each([
    ['a', 'a   '],
    ['', '    '],
    ['ü😀', 'ü😀  '],
    ['abcd', 'abcd'],
    ['longer than it may be', 'longer than it may be'],
  ])('%j reads as %j of four characters', (stored, read) => {
    expect(padded('string', 'char(4)', stored)).toBe(read)
  })

  test('VARCHAR(n) and columns without such a type are as they are', () => {
    expect(charPadding(field('string', 'varchar(4)'))).toBeUndefined()
    expect(charPadding({ name: 'c', type: 'string', nullable: true })).toBeUndefined()
  })

  test('are found inside structs, arrays and maps, whatever stands beside them', () => {
    const inner: DataType = {
      type: 'struct',
      fields: [
        { name: 'n', type: { type: 'decimal', precision: 10, scale: 2 }, nullable: true },
        { name: 'odd,name', type: 'string', nullable: true },
        { name: 'v', type: 'string', nullable: true },
        { name: 'x', type: 'string', nullable: true },
      ],
    }
    const type: DataType = {
      type: 'map',
      keyType: 'string',
      valueType: { type: 'array', elementType: inner, containsNull: true },
      valueContainsNull: true,
    }
    const text = 'map<char(2),array<struct<n:decimal(10,2),odd,name:char(3),v:varchar(5),x:char(1)>>>'
    const value = [
      { key: 'k', value: [null, { n: 1n, 'odd,name': 'o', v: 'v', x: null }] },
      { key: 'kk', value: null },
    ]
    expect(padded(type, text, value)).toEqual([
      { key: 'k ', value: [null, { n: 1n, 'odd,name': 'o  ', v: 'v', x: null }] },
      { key: 'kk', value: null },
    ])
  })

  test('a text that is not of the type changes nothing', () => {
    expect(
      charPadding(field({ type: 'array', elementType: 'string', containsNull: true }, 'struct<a:char(3)>')),
    ).toBeUndefined()
  })
})

test('files are not passed over by bounds of texts that are shorter than the texts read', () => {
  const schema = {
    type: 'struct' as const,
    fields: [{ ...field('string', 'char(4)') }, { ...field('string', 'char(4)'), name: 'p' }],
  }
  const skipper = new FileSkipper({ schema, partitionColumns: ['p'], configuration: {} })
  const file = {
    partitionValues: { p: 'b' },
    stats: '{"numRecords":1,"minValues":{"c":"a"},"maxValues":{"c":"a"},"nullCount":{"c":0}}',
  }
  expect(skipper.match(file, { op: '=', column: 'c', value: 'a   ' })).toBe('maybe')
  expect(skipper.match(file, { op: 'isNull', column: 'c' })).toBe('no')
  expect(skipper.match(file, { op: '=', column: 'p', value: 'b   ' })).toBe('all')
  expect(skipper.match(file, { op: '=', column: 'p', value: 'b' })).toBe('no')
})
