import { describe, expect, test } from 'vitest'

import { typeText } from '../../../shared/delta/schema/schema.js'
import { compareSchemas } from '../../../shared/delta/schema/schemaChange.js'
import type { DataType, StructField, StructType } from '../../../shared/types/index.js'

const field = (name: string, type: DataType, nullable = true): StructField => ({ name, type, nullable })
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
const array = (elementType: DataType, containsNull = true): DataType => ({ type: 'array', elementType, containsNull })
const map = (valueType: DataType): DataType => ({ type: 'map', keyType: 'string', valueType, valueContainsNull: true })

describe('how a schema may change', () => {
  test('the same columns in another order are the same', () => {
    const table = struct(field('a', 'long'), field('b', 'string'))
    expect(compareSchemas(table, struct(field('b', 'string'), field('a', 'long')))).toEqual({ kind: 'same' })
  })

  test('a column that only the table has stays: an older writer is no reason to drop it', () => {
    expect(compareSchemas(struct(field('a', 'long'), field('new', 'string')), struct(field('a', 'long')))).toEqual({
      kind: 'same',
    })
  })

  test('new columns come last and nullable, at any depth, and metadata of the old ones stays', () => {
    const kept = { ...field('a', 'long'), metadata: { comment: 'x' } }
    const table = struct(kept, field('s', struct(field('x', 'long'))), field('l', array(struct(field('y', 'long')))))
    const wanted = struct(
      field('b', 'date', false),
      field('a', 'long'),
      field('s', struct(field('x', 'long'), field('x.2', 'long', false))),
      field('l', array(struct(field('y', 'long'), field('z', map('double'))))),
    )
    expect(compareSchemas(table, wanted)).toEqual({
      kind: 'additive',
      added: ['s.`x.2`', 'l.element.z', 'b'],
      widened: [],
      schema: struct(
        kept,
        field('s', struct(field('x', 'long'), field('x.2', 'long'))),
        field('l', array(struct(field('y', 'long'), field('z', map('double'))))),
        field('b', 'date'),
      ),
    })
  })

  test('nullability loosens and never tightens', () => {
    expect(compareSchemas(struct(field('a', 'long')), struct(field('a', 'long', false)))).toEqual({ kind: 'same' })
    expect(compareSchemas(struct(field('a', 'long', false)), struct(field('a', 'long')))).toEqual({
      kind: 'additive',
      added: [],
      widened: [],
      schema: struct(field('a', 'long')),
    })
    expect(compareSchemas(struct(field('a', array('long', false))), struct(field('a', array('long'))))).toMatchObject({
      kind: 'additive',
    })
    expect(compareSchemas(struct(field('a', 'long', false)), struct())).toMatchObject({
      schema: struct(field('a', 'long')),
    })
  })

  test('a column that may be null stays so when other columns come along: rows of before may be null in it', () => {
    const loose: DataType = { type: 'map', keyType: 'string', valueType: array('long'), valueContainsNull: true }
    const tight: DataType = {
      type: 'map',
      keyType: 'string',
      valueType: array('long', false),
      valueContainsNull: false,
    }
    const table = struct(
      field('a', 'long'),
      field('s', struct(field('x', 'long'))),
      field('l', array('long')),
      field('m', loose),
    )
    const rows = struct(
      field('a', 'long', false),
      field('s', struct(field('x', 'long', false)), false),
      field('l', array('long', false), false),
      field('m', tight, false),
      field('b', 'long'),
    )
    expect(compareSchemas(table, rows)).toEqual({
      kind: 'additive',
      added: ['b'],
      widened: [],
      schema: struct(...table.fields, field('b', 'long')),
    })
  })

  test.each<[string, DataType, DataType, string]>([
    ['s.x', struct(field('x', 'integer')), struct(field('x', 'long')), 'long'],
    ['s.element', array('string'), array('long'), 'long'],
    ['s.value', map('string'), map(array('string')), 'array<string>'],
    ['s', { type: 'decimal', precision: 10, scale: 2 }, { type: 'decimal', precision: 12, scale: 2 }, 'decimal(12,2)'],
    ['s', 'long', struct(), 'struct<>'],
  ])('another type of %s is named with both types', (path, before, after, wantedType) => {
    const change = compareSchemas(struct(field('s', before)), struct(field('s', after)))
    expect(change).toMatchObject({ kind: 'incompatible', field: path, wantedType })
    expect(change.kind === 'incompatible' && change.why).toContain(wantedType)
  })

  test('a name that differs only in case is a clash, not a second column', () => {
    expect(compareSchemas(struct(field('Id', 'long')), struct(field('id', 'long')))).toMatchObject({
      kind: 'incompatible',
      field: 'Id',
    })
  })

  test.each<[DataType, DataType]>([
    ['byte', 'short'],
    ['short', 'long'],
    ['integer', 'long'],
    ['float', 'double'],
    ['date', 'timestamp_ntz'],
    [
      { type: 'decimal', precision: 10, scale: 2 },
      { type: 'decimal', precision: 14, scale: 4 },
    ],
  ])('%j becomes %j where the table widens types, and the schema says what it was', (before, after) => {
    const table = struct({ ...field('s', before), metadata: { comment: 'x' } })
    expect(compareSchemas(table, struct(field('s', after)))).toMatchObject({
      kind: 'incompatible',
      why: expect.stringContaining('delta.enableTypeWidening') as string,
    })
    expect(compareSchemas(table, struct(field('s', after)), { widenTypes: true })).toEqual({
      kind: 'additive',
      added: [],
      widened: ['s'],
      schema: struct({
        ...field('s', after),
        metadata: { comment: 'x', 'delta.typeChanges': [{ fromType: typeText(before), toType: typeText(after) }] },
      }),
    })
  })

  test.each<[DataType, DataType]>([
    ['integer', 'double'],
    ['integer', { type: 'decimal', precision: 12, scale: 0 }],
    ['long', 'integer'],
    ['long', 'double'],
    ['string', 'long'],
    [
      { type: 'decimal', precision: 10, scale: 2 },
      { type: 'decimal', precision: 10, scale: 4 },
    ],
  ])('%j never becomes %j by itself: another kind of number, or a narrower one', (before, after) => {
    expect(compareSchemas(struct(field('s', before)), struct(field('s', after)), { widenTypes: true })).toMatchObject({
      kind: 'incompatible',
    })
  })

  test('a type that is widened inside an array or a map is remembered by the field that holds it, with the path', () => {
    const nested = (inner: DataType): DataType => map(array(inner))
    const change = compareSchemas(struct(field('s', nested('integer'))), struct(field('s', nested('long'))), {
      widenTypes: true,
    })
    expect(change).toMatchObject({
      widened: ['s.value.element'],
      schema: {
        fields: [
          { metadata: { 'delta.typeChanges': [{ fromType: 'integer', toType: 'long', fieldPath: 'value.element' }] } },
        ],
      },
    })
  })

  test('a column of another mapped table brings no id along: ids are the own table’s', () => {
    const foreign = {
      ...field('b', struct({ ...field('x', 'long'), metadata: { 'delta.columnMapping.id': 8 } })),
      metadata: { 'delta.columnMapping.id': 7, comment: 'c' },
    }
    const change = compareSchemas(struct(field('a', 'long')), struct(field('a', 'long'), foreign))
    expect(change).toMatchObject({ added: ['b'] })
    expect(change.kind === 'additive' && change.schema.fields[1]).toEqual({
      ...field('b', struct({ ...field('x', 'long'), metadata: {} })),
      metadata: { comment: 'c' },
    })
  })
})
