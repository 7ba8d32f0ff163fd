import { describe, expect, test } from 'vitest'

import { decimalBytes, schemaElements } from '../../../shared/parquet/schema/schemaElements.js'
import { schemaNodes } from '../../../shared/parquet/schema/schemaNode.js'
import type { DataType } from '../../../shared/types/index.js'

function element(type: DataType) {
  return schemaElements([{ name: 'c', type, nullable: true }])[1]
}

describe('the schema Spark writes', () => {
  test('timestamps are microseconds, and only instants are adjusted to UTC', () => {
    expect(element('timestamp')).toMatchObject({
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    })
    expect(element('timestamp_ntz')).toMatchObject({ logical_type: { isAdjustedToUTC: false, unit: 'MICROS' } })
    expect(element('timestamp_ntz')).not.toHaveProperty('converted_type')
  })

  test('a decimal takes the smallest type that holds its digits', () => {
    const physical = (precision: number) => {
      const { type, type_length: length } = element({ type: 'decimal', precision, scale: 0 }) ?? {}
      return length === undefined ? type : length
    }
    expect([1, 9, 10, 18, 19, 38].map(physical)).toEqual(['INT32', 'INT32', 'INT64', 'INT64', 9, 16])
    expect([2, 4, 20, 21].map(decimalBytes)).toEqual([1, 2, 9, 9])
  })

  test('lists and maps have three levels and field ids stay with their field', () => {
    const elements = schemaElements([
      {
        name: 'l',
        type: { type: 'array', elementType: 'long', containsNull: false },
        nullable: false,
        metadata: { 'delta.columnMapping.id': 4 },
      },
      {
        name: 'm',
        type: { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: true },
        nullable: true,
      },
    ])
    expect(elements.map(e => `${e.repetition_type ?? 'ROOT'} ${e.name} ${e.field_id ?? ''}`.trim())).toEqual([
      'ROOT spark_schema',
      'REQUIRED l 4',
      'REPEATED list',
      'REQUIRED element',
      'OPTIONAL m',
      'REPEATED key_value',
      'REQUIRED key',
      'OPTIONAL value',
    ])
  })
})

describe('lists of older writers', () => {
  const list = { name: 'l', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 } as const
  const root = { name: 'root', num_children: 1 }
  const types = (...elements: Parameters<typeof schemaNodes>[0]) => schemaNodes([root, ...elements])[0]?.type

  test('a repeated primitive is the element itself', () => {
    expect(types(list, { name: 'array', repetition_type: 'REPEATED', type: 'INT32' })).toEqual({
      type: 'array',
      elementType: 'integer',
      containsNull: false,
    })
  })

  test('a group named array is the element, any other group of one field a wrapper', () => {
    const inner = { name: 'x', repetition_type: 'OPTIONAL', type: 'INT64' } as const
    const struct = { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true }] }
    const group = (name: string) => ({ name, repetition_type: 'REPEATED', num_children: 1 }) as const
    expect(types(list, group('array'), inner)).toEqual({ type: 'array', elementType: struct, containsNull: false })
    expect(types(list, group('l_tuple'), inner)).toEqual({ type: 'array', elementType: struct, containsNull: false })
    expect(types(list, group('bag'), inner)).toEqual({ type: 'array', elementType: 'long', containsNull: true })
  })

  test('a repeated field without any annotation is an array that is never null', () => {
    expect(schemaNodes([root, { name: 'r', repetition_type: 'REPEATED', type: 'INT64' }])[0]).toMatchObject({
      nullable: false,
      type: { type: 'array', elementType: 'long', containsNull: false },
    })
  })

  test('a schema that is cut off or nested without end is damage', () => {
    expect(() => schemaNodes([{ name: 'root', num_children: 3 }])).toThrow(/cut off/)
  })
})
