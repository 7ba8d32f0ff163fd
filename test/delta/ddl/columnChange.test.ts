import { describe, expect, test } from 'vitest'

import { alterTable } from '../../../shared/delta/ddl/alterTable.js'
import type { TableChange } from '../../../shared/delta/ddl/tableChange.js'
import { allFields } from '../../../shared/delta/schema/schema.js'
import type { DataType } from '../../../shared/types/index.js'
import { field, struct } from '../write/writtenTable.js'
import { AlteredTable, protocolText } from './alteredTable.js'

const plain = struct(field('a', 'long'), field('s', 'string'))
const nested = struct(
  field('a', 'long'),
  field('s', struct(field('x', 'integer'), field('y', 'string'))),
  field('p', 'string'),
)
const mapped = { configuration: { 'delta.columnMapping.mode': 'name' } }
const set = (properties: Readonly<Record<string, string>>): TableChange => ({ kind: 'setProperties', properties })
const add = (name: string, type: DataType, more: object = {}): TableChange => ({
  kind: 'addColumns',
  columns: [{ field: field(name, type), ...more }],
})

describe('columns are added', () => {
  test('last, first or after another, at the top or inside a struct, and are null in the rows that are there', async () => {
    const t = await AlteredTable.create(nested, { partitionColumns: ['p'] })
    await t.append([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
    expect(
      await t.alter({
        kind: 'addColumns',
        columns: [
          { field: field('last', 'date') },
          { field: field('first', 'long', { metadata: { comment: 'c' } }), position: 'first' },
          { parent: 'S', field: field('k', 'double'), position: { after: 'x' } },
        ],
      }),
    ).toBe(2)
    expect(await t.rows()).toEqual([{ first: null, a: 1n, s: { x: 5, k: null, y: 'y' }, p: 'p1', last: null }])
    expect(await t.operation()).toEqual([
      'ADD COLUMNS',
      {
        columns: JSON.stringify([
          { column: { name: 'last', type: 'date', nullable: true, metadata: {} } },
          { column: { name: 'first', type: 'long', nullable: true, metadata: { comment: 'c' } }, position: 'FIRST' },
          { column: { name: 'S.k', type: 'double', nullable: true, metadata: {} }, position: 'AFTER x' },
        ]),
      },
    ])
    await t.append([{ first: 9n, a: 2n, s: { x: 6, k: 0.5, y: null }, p: 'p1', last: 3 }])
    expect(await t.rows()).toContainEqual({ first: 9n, a: 2n, s: { x: 6, k: 0.5, y: null }, p: 'p1', last: 3 })
  })

  test('a type that needs a feature brings it along', async () => {
    const t = await AlteredTable.create(plain)
    await t.alter(add('t', 'timestamp_ntz'))
    expect(protocolText((await t.snapshot()).protocol)).toBe('3 7 appendOnly invariants timestampNtz')
  })

  test('in a mapped table they get ids that no column ever had', async () => {
    const t = await AlteredTable.create(plain, mapped)
    await t.alter({ kind: 'dropColumn', column: 's' })
    await t.append([{ a: 1n }])
    await t.alter(add('s', struct(field('z', 'long'))))
    const { schema, metadata } = await t.snapshot()
    expect(schema.fields.map(f => f.metadata?.['delta.columnMapping.id'])).toEqual([1, 3])
    expect(metadata.configuration['delta.columnMapping.maxColumnId']).toBe('4')
    expect(await t.rows()).toEqual([{ a: 1n, s: null }])
  })

  test.each<[TableChange, RegExp]>([
    [add('A', 'long'), /there is a column a already/],
    [add('x y', 'long'), /blanks/],
    [
      { kind: 'addColumns', columns: [{ field: field('n', 'long', { nullable: false }) }] },
      /cannot be added as not nullable/,
    ],
    [
      { kind: 'addColumns', columns: [{ parent: 'a', field: field('n', 'long') }] },
      /a is long, which has no columns inside/,
    ],
    [add('n', 'long', { position: { after: 'nope' } }), /no column nope; there: a, s/],
  ])('%j is refused', async (change, message) => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter(change)).rejects.toThrow(message)
    expect((await t.snapshot()).version).toBe(0)
  })
})

describe('columns are renamed and dropped', () => {
  test('only where files do not know them by their names, and the message says what to do', async () => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter({ kind: 'renameColumn', column: 'a', name: 'b' })).rejects.toThrow(
      /set delta.columnMapping.mode to name first/,
    )
    await expect(t.alter({ kind: 'dropColumn', column: 'a' })).rejects.toThrow(
      /set delta.columnMapping.mode to name first/,
    )
  })

  test('mapping turned on later: what was written before is found under its old name, whatever it is called now', async () => {
    const t = await AlteredTable.create(nested, { partitionColumns: ['p'] })
    await t.append([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
    await t.alter(set({ 'delta.columnMapping.mode': 'name', 'delta.dataSkippingStatsColumns': 'a,s' }))
    await t.append([{ a: 2n, s: { x: 6, y: 'z' }, p: 'p1' }])
    await t.alter([
      { kind: 'renameColumn', column: 'a', name: 'the a, renamed' },
      { kind: 'renameColumn', column: 's.x', name: 'x y' },
      { kind: 'renameColumn', column: 'p', name: 'q' },
    ])
    const { metadata, schema, protocol } = await t.snapshot()
    expect(metadata.partitionColumns).toEqual(['q'])
    expect(metadata.configuration['delta.dataSkippingStatsColumns']).toBe('the a, renamed,s')
    expect(schema.fields.map(f => f.metadata?.['delta.columnMapping.physicalName'])).toEqual(['a', 's', 'p'])
    expect(protocolText(protocol)).toBe('2 7 appendOnly columnMapping invariants')
    await t.append([{ 'the a, renamed': 3n, s: { 'x y': 7, y: null }, q: 'p2' }])
    expect(await t.rows()).toEqual([
      { 'the a, renamed': 1n, s: { 'x y': 5, y: 'y' }, q: 'p1' },
      { 'the a, renamed': 2n, s: { 'x y': 6, y: 'z' }, q: 'p1' },
      { 'the a, renamed': 3n, s: { 'x y': 7, y: null }, q: 'p2' },
    ])
    expect(await t.rows(1)).toEqual([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
  })

  test('a column added under the name of one that was dropped does not find its values', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'old' }])
    await t.alter([
      set({ 'delta.columnMapping.mode': 'name' }),
      { kind: 'dropColumn', column: 's' },
      add('s', 'string'),
    ])
    expect(await t.rows()).toEqual([{ a: 1n, s: null }])
  })

  test('the operations are named as Spark names them', async () => {
    const t = await AlteredTable.create(nested, mapped)
    await t.alter({ kind: 'renameColumn', column: 's.x', name: 'z' })
    expect(await t.operation()).toEqual(['RENAME COLUMN', { oldColumnPath: 's.x', newColumnPath: 's.z' }])
    await t.alter([
      { kind: 'dropColumn', column: 'a' },
      { kind: 'dropColumn', column: 's.z' },
    ])
    expect(await t.operation()).toEqual(['DROP COLUMNS', { columns: '["a","s.z"]' }])
  })

  test.each<[string, TableChange, RegExp]>([
    ['a partition column', { kind: 'dropColumn', column: 'p' }, /partitioned by it/],
    ['a column that is not there', { kind: 'renameColumn', column: 'nope', name: 'x' }, /no column nope/],
    ['a name that is taken', { kind: 'renameColumn', column: 'a', name: 'S' }, /there is a column s already/],
    ['the change feed’s own name', { kind: 'renameColumn', column: 'a', name: '_commit_version' }, /change data feed/],
    ['the values of a list', { kind: 'dropColumn', column: 'l.element' }, /no columns inside/],
    ['the only column of a struct', { kind: 'dropColumn', column: 'o.only' }, /only one there/],
  ])('%s is refused', async (_name, change, message) => {
    const schema = struct(
      ...nested.fields,
      field('o', struct(field('only', 'long'))),
      field('l', { type: 'array', elementType: 'long', containsNull: true }),
    )
    const t = await AlteredTable.create(schema, {
      partitionColumns: ['p'],
      configuration: { ...mapped.configuration, 'delta.enableChangeDataFeed': 'true' },
    })
    await expect(t.alter(change)).rejects.toThrow(message)
  })

  test('the last column that is not a partition column stays', async () => {
    const t = await AlteredTable.create(plain, { ...mapped, partitionColumns: ['s'] })
    await expect(t.alter({ kind: 'dropColumn', column: 'a' })).rejects.toThrow(/only one there/)
  })

  test('a column that a constraint speaks of stays what it is', async () => {
    const t = await AlteredTable.create(plain, {
      configuration: { ...mapped.configuration, 'delta.constraints.pos': 'A > 0', 'delta.enableTypeWidening': 'true' },
    })
    for (const change of [
      { kind: 'renameColumn', column: 'a', name: 'b' },
      { kind: 'dropColumn', column: 'a' },
      { kind: 'widenType', column: 'a', type: { type: 'decimal', precision: 20, scale: 0 } },
    ] as const)
      await expect(t.alter(change)).rejects.toThrow(/constraint pos \(A > 0\) speaks of it/)
    await t.alter({ kind: 'renameColumn', column: 's', name: 't' })
  })

  test('clustering follows a renamed column and holds on to it', async () => {
    const t = await AlteredTable.create(nested, { ...mapped, clusterBy: ['a', 's.x'] })
    const before = (await t.snapshot()).domains.get('delta.clustering')
    await t.alter({ kind: 'renameColumn', column: 's', name: 'r' })
    expect((await t.snapshot()).domains.get('delta.clustering')).toEqual(before)
    for (const column of ['a', 'r.x', 'r'])
      await expect(t.alter({ kind: 'dropColumn', column })).rejects.toThrow(/clustered by/)
    await t.alter({ kind: 'setClustering', columns: ['r.x'] })
    await t.alter({ kind: 'dropColumn', column: 'a' })
  })

  test('statistics columns lose a dropped one, and the property with the last', async () => {
    const t = await AlteredTable.create(plain, {
      configuration: { ...mapped.configuration, 'delta.dataSkippingStatsColumns': 's' },
    })
    await t.alter({ kind: 'dropColumn', column: 's' })
    expect((await t.snapshot()).metadata.configuration).not.toHaveProperty(['delta.dataSkippingStatsColumns'])
  })

  test('columns change their places, and rows do not', async () => {
    const t = await AlteredTable.create(nested)
    await t.append([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
    await t.alter([
      { kind: 'moveColumn', column: 'p', position: 'first' },
      { kind: 'moveColumn', column: 's.x', position: { after: 'y' } },
    ])
    const { schema } = await t.snapshot()
    expect(schema.fields.map(f => f.name)).toEqual(['p', 'a', 's'])
    expect(await t.rows()).toEqual([{ p: 'p1', a: 1n, s: { y: 'y', x: 5 } }])
  })

  test('a clustering column must not lose its statistics to those that come before it', async () => {
    const t = await AlteredTable.create(plain, {
      clusterBy: ['a'],
      configuration: { 'delta.dataSkippingNumIndexedCols': '1' },
    })
    await expect(t.alter({ kind: 'moveColumn', column: 's', position: 'first' })).rejects.toThrow(
      /clustered by a: it has no statistics/,
    )
    await expect(t.alter(set({ 'delta.dataSkippingStatsColumns': 's' }))).rejects.toThrow(
      /clustered by a: it has no statistics/,
    )
  })
})

describe('types are widened', () => {
  const widening = { configuration: { 'delta.enableTypeWidening': 'true' } }
  const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
  const wide = struct(
    field('a', 'integer'),
    field('l', { type: 'array', elementType: 'integer', containsNull: true }),
    field('m', { type: 'map', keyType: 'integer', valueType: 'float', valueContainsNull: true }),
    field(
      's',
      struct(
        field('d', decimal(5, 2)),
        field('l', { type: 'array', elementType: struct(field('q', 'short')), containsNull: true }),
      ),
    ),
    field('b', 'byte'),
  )

  test('rows of the narrow type are read as the wide one, at any depth, and the schema remembers as Spark’s does', async () => {
    const t = await AlteredTable.create(wide, widening)
    await t.append([{ a: 1, l: [2], m: [{ key: 3, value: 0.5 }], s: { d: 123n, l: [{ q: 4 }] }, b: 5 }])
    await t.alter([
      { kind: 'widenType', column: 'a', type: 'long' },
      { kind: 'widenType', column: 'l.element', type: 'long' },
      { kind: 'widenType', column: 'm.key', type: 'long' },
      { kind: 'widenType', column: 'm.value', type: 'double' },
      { kind: 'widenType', column: 's.d', type: decimal(10, 4) },
      { kind: 'widenType', column: 's.l.element.q', type: 'integer' },
      { kind: 'widenType', column: 'b', type: 'short' },
      { kind: 'widenType', column: 'b', type: 'integer' },
    ])
    const { schema } = await t.snapshot()
    const remembered = new Map(
      [...allFields(schema)].map(({ path, field: f }) => [path.join('.'), f.metadata?.['delta.typeChanges']]),
    )
    const changes = (path: string) => remembered.get(path)
    expect(changes('a')).toEqual([{ fromType: 'integer', toType: 'long' }])
    expect(changes('l')).toEqual([{ fromType: 'integer', toType: 'long', fieldPath: 'element' }])
    expect(changes('m')).toEqual([
      { fromType: 'integer', toType: 'long', fieldPath: 'key' },
      { fromType: 'float', toType: 'double', fieldPath: 'value' },
    ])
    expect(changes('s')).toBeUndefined()
    expect(changes('s.d')).toEqual([{ fromType: 'decimal(5,2)', toType: 'decimal(10,4)' }])
    expect(changes('s.l.element.q')).toEqual([{ fromType: 'short', toType: 'integer' }])
    expect(changes('b')).toEqual([
      { fromType: 'byte', toType: 'short' },
      { fromType: 'short', toType: 'integer' },
    ])
    const narrow = { a: 1n, l: [2n], m: [{ key: 3n, value: 0.5 }], s: { d: 12300n, l: [{ q: 4 }] }, b: 5 }
    const much = {
      a: 2n ** 40n,
      l: [2n ** 41n],
      m: [{ key: 2n ** 42n, value: 0.1 }],
      s: { d: 9_999_999_999n, l: [{ q: 70_000 }] },
      b: 70_000,
    }
    expect(await t.rows()).toEqual([narrow])
    await t.append([much])
    expect(await t.rows()).toEqual([narrow, much])
  })

  test('the message says what stands against it', async () => {
    const t = await AlteredTable.create(wide)
    await expect(t.alter({ kind: 'widenType', column: 'a', type: 'long' })).rejects.toThrow(
      /set delta.enableTypeWidening to true first/,
    )
    await t.alter(set({ 'delta.enableTypeWidening': 'true' }))
    for (const [column, type] of [
      ['a', 'short'],
      ['a', 'string'],
      ['s', 'long'],
      ['b', 'float'],
    ] as const)
      await expect(t.alter({ kind: 'widenType', column, type })).rejects.toThrow(
        new RegExp(`${column} cannot become ${type}`),
      )
    expect(await t.alter({ kind: 'widenType', column: 'a', type: 'integer' })).toBe('nothingToDo')
  })

  test('a date that becomes a timestamp without zone brings its feature', async () => {
    const t = await AlteredTable.create(struct(field('d', 'date')), widening)
    await t.append([{ d: 1 }])
    await t.alter({ kind: 'widenType', column: 'd', type: 'timestamp_ntz' })
    expect(protocolText((await t.snapshot()).protocol)).toBe('3 7 appendOnly invariants timestampNtz typeWidening')
    expect(await t.rows()).toEqual([{ d: 86_400_000_000n }])
  })

  test('partition values are read as the wide type too', async () => {
    const t = await AlteredTable.create(struct(field('p', 'integer'), field('v', 'long')), {
      ...widening,
      partitionColumns: ['p'],
    })
    await t.append([{ p: 7, v: 1n }])
    await t.alter({ kind: 'widenType', column: 'p', type: 'long' })
    await t.append([{ p: 2n ** 40n, v: 2n }])
    expect(await t.rows()).toEqual([
      { p: 7n, v: 1n },
      { p: 2n ** 40n, v: 2n },
    ])
  })
})

describe('not null', () => {
  test('is for a column without nulls: statistics answer, or the rows do', async () => {
    const t = await AlteredTable.create(struct(field('a', 'long'), field('b', 'long')), {
      configuration: { 'delta.dataSkippingStatsColumns': 'a' },
    })
    await t.append([{ a: 1n, b: 1n }])
    expect(
      await t.alter([
        { kind: 'setNotNull', column: 'a' },
        { kind: 'setNotNull', column: 'b' },
      ]),
    ).toBe(2)
    await expect(t.append([{ a: null, b: 1n }])).rejects.toThrow(/a may not be null/)
    await t.alter({ kind: 'dropNotNull', column: 'a' })
    expect(await t.operation()).toEqual([
      'CHANGE COLUMN',
      { column: '{"name":"a","type":"long","nullable":true,"metadata":{}}' },
    ])
    await t.append([{ a: null, b: 2n }])
    await expect(t.alter({ kind: 'setNotNull', column: 'a' })).rejects.toThrow(
      /a cannot be made not nullable: it is null in a row/,
    )
  })

  test('a column that came later is null in the older rows', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter(add('n', 'long'))
    await expect(t.alter({ kind: 'setNotNull', column: 'n' })).rejects.toThrow(/null in a row/)
  })

  test('a partition that is null is null in all its rows', async () => {
    const t = await AlteredTable.create(plain, { partitionColumns: ['s'], configuration: mapped.configuration })
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter({ kind: 'setNotNull', column: 's' })
    await t.alter({ kind: 'dropNotNull', column: 's' })
    await t.append([{ a: 1n, s: null }])
    await expect(t.alter({ kind: 'setNotNull', column: 's' })).rejects.toThrow(/null in a row/)
  })

  test('inside of what may be null itself it means nothing', async () => {
    const t = await AlteredTable.create(nested)
    await expect(t.alter({ kind: 'setNotNull', column: 's.x' })).rejects.toThrow(
      /s, which it is inside of, may be null/,
    )
    await t.append([{ a: 1n, s: { x: 1, y: null }, p: null }])
    await t.alter([
      { kind: 'setNotNull', column: 's' },
      { kind: 'setNotNull', column: 's.x' },
    ])
    await expect(t.alter({ kind: 'setNotNull', column: 's.y' })).rejects.toThrow(/null in a row/)
  })

  test('a null that comes in meanwhile is seen', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    const stale = t.other()
    await stale.state()
    await t.append([{ a: null, s: 'y' }])
    await expect(alterTable(stale, [{ kind: 'setNotNull', column: 'a' }])).rejects.toThrow(/null in a row/)
  })
})
