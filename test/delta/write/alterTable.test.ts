import { describe, expect, it } from 'vitest'
import { encodeAction } from '../../../shared/delta/actionCodec.js'
import type { Protocol } from '../../../shared/delta/actions.js'
import { commitPath } from '../../../shared/delta/logName.js'
import { rowTrackingDomain } from '../../../shared/delta/rowTracking.js'
import { alterTable } from '../../../shared/delta/write/alterTable.js'
import { appendRows } from '../../../shared/delta/write/appendRows.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { TableChange } from '../../../shared/delta/write/tableChange.js'
import type { DataType } from '../../../shared/parquet/dataType.js'
import { AlteredTable, greaterThan } from './alteredTable.js'
import { field, struct } from './writtenTable.js'

const plain = struct(field('a', 'long'), field('s', 'string'))
const nested = struct(field('a', 'long'), field('s', struct(field('x', 'integer'), field('y', 'string'))), field('p', 'string'))
const mapped = { configuration: { 'delta.columnMapping.mode': 'name' } }
const set = (properties: Readonly<Record<string, string>>): TableChange => ({ kind: 'setProperties', properties })
const add = (name: string, type: DataType, more: object = {}): TableChange => ({ kind: 'addColumns', columns: [{ field: field(name, type), ...more }] })

function features({ minReaderVersion, minWriterVersion, writerFeatures = [] }: Protocol): string {
  return [minReaderVersion, minWriterVersion, ...writerFeatures].join(' ')
}

describe('columns are added', () => {
  it('last, first or after another, at the top or inside a struct, and are null in the rows that are there', async () => {
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

  it('a type that needs a feature brings it along', async () => {
    const t = await AlteredTable.create(plain)
    await t.alter(add('t', 'timestamp_ntz'))
    expect(features((await t.snapshot()).protocol)).toBe('3 7 appendOnly invariants timestampNtz')
  })

  it('in a mapped table they get ids that no column ever had', async () => {
    const t = await AlteredTable.create(plain, mapped)
    await t.alter({ kind: 'dropColumn', column: 's' })
    await t.append([{ a: 1n }])
    await t.alter(add('s', struct(field('z', 'long'))))
    const { schema, metadata } = await t.snapshot()
    expect(schema.fields.map(f => f.metadata?.['delta.columnMapping.id'])).toEqual([1, 3])
    expect(metadata.configuration['delta.columnMapping.maxColumnId']).toBe('4')
    expect(await t.rows()).toEqual([{ a: 1n, s: null }])
  })

  it.each<[TableChange, RegExp]>([
    [add('A', 'long'), /there is a column a already/],
    [add('x y', 'long'), /blanks/],
    [{ kind: 'addColumns', columns: [{ field: field('n', 'long', { nullable: false }) }] }, /cannot be added as not nullable/],
    [{ kind: 'addColumns', columns: [{ parent: 'a', field: field('n', 'long') }] }, /a is long, which has no columns inside/],
    [add('n', 'long', { position: { after: 'nope' } }), /no column nope; there: a, s/],
  ])('%j is refused', async (change, message) => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter(change)).rejects.toThrow(message)
    expect((await t.snapshot()).version).toBe(0)
  })
})

describe('columns are renamed and dropped', () => {
  it('only where files do not know them by their names, and the message says what to do', async () => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter({ kind: 'renameColumn', column: 'a', name: 'b' })).rejects.toThrow(/set delta.columnMapping.mode to name first/)
    await expect(t.alter({ kind: 'dropColumn', column: 'a' })).rejects.toThrow(/set delta.columnMapping.mode to name first/)
  })

  it('mapping turned on later: what was written before is found under its old name, whatever it is called now', async () => {
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
    expect(features(protocol)).toBe('2 7 appendOnly columnMapping invariants')
    await t.append([{ 'the a, renamed': 3n, s: { 'x y': 7, y: null }, q: 'p2' }])
    expect(await t.rows()).toEqual([
      { 'the a, renamed': 1n, s: { 'x y': 5, y: 'y' }, q: 'p1' },
      { 'the a, renamed': 2n, s: { 'x y': 6, y: 'z' }, q: 'p1' },
      { 'the a, renamed': 3n, s: { 'x y': 7, y: null }, q: 'p2' },
    ])
    expect(await t.rows(1)).toEqual([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
  })

  it('a column added under the name of one that was dropped does not find its values', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'old' }])
    await t.alter([set({ 'delta.columnMapping.mode': 'name' }), { kind: 'dropColumn', column: 's' }, add('s', 'string')])
    expect(await t.rows()).toEqual([{ a: 1n, s: null }])
  })

  it('the operations are named as Spark names them', async () => {
    const t = await AlteredTable.create(nested, mapped)
    await t.alter({ kind: 'renameColumn', column: 's.x', name: 'z' })
    expect(await t.operation()).toEqual(['RENAME COLUMN', { oldColumnPath: 's.x', newColumnPath: 's.z' }])
    await t.alter([{ kind: 'dropColumn', column: 'a' }, { kind: 'dropColumn', column: 's.z' }])
    expect(await t.operation()).toEqual(['DROP COLUMNS', { columns: '["a","s.z"]' }])
  })

  it.each<[string, TableChange, RegExp]>([
    ['a partition column', { kind: 'dropColumn', column: 'p' }, /partitioned by it/],
    ['a column that is not there', { kind: 'renameColumn', column: 'nope', name: 'x' }, /no column nope/],
    ['a name that is taken', { kind: 'renameColumn', column: 'a', name: 'S' }, /there is a column s already/],
    ['the change feed’s own name', { kind: 'renameColumn', column: 'a', name: '_commit_version' }, /change data feed/],
    ['the values of a list', { kind: 'dropColumn', column: 'l.element' }, /no columns inside/],
    ['the only column of a struct', { kind: 'dropColumn', column: 'o.only' }, /only one there/],
  ])('%s is refused', async (_name, change, message) => {
    const schema = struct(...nested.fields, field('o', struct(field('only', 'long'))), field('l', { type: 'array', elementType: 'long', containsNull: true }))
    const t = await AlteredTable.create(schema, { partitionColumns: ['p'], configuration: { ...mapped.configuration, 'delta.enableChangeDataFeed': 'true' } })
    await expect(t.alter(change)).rejects.toThrow(message)
  })

  it('the last column that is not a partition column stays', async () => {
    const t = await AlteredTable.create(plain, { ...mapped, partitionColumns: ['s'] })
    await expect(t.alter({ kind: 'dropColumn', column: 'a' })).rejects.toThrow(/only one there/)
  })

  it('a column that a constraint speaks of stays what it is', async () => {
    const t = await AlteredTable.create(plain, { configuration: { ...mapped.configuration, 'delta.constraints.pos': 'A > 0', 'delta.enableTypeWidening': 'true' } })
    for (const change of [
      { kind: 'renameColumn', column: 'a', name: 'b' },
      { kind: 'dropColumn', column: 'a' },
      { kind: 'widenType', column: 'a', type: { type: 'decimal', precision: 20, scale: 0 } },
    ] as const)
      await expect(t.alter(change)).rejects.toThrow(/constraint pos \(A > 0\) speaks of it/)
    await t.alter({ kind: 'renameColumn', column: 's', name: 't' })
  })

  it('clustering follows a renamed column and holds on to it', async () => {
    const t = await AlteredTable.create(nested, { ...mapped, clusterBy: ['a', 's.x'] })
    const before = (await t.snapshot()).domains.get('delta.clustering')
    await t.alter({ kind: 'renameColumn', column: 's', name: 'r' })
    expect((await t.snapshot()).domains.get('delta.clustering')).toEqual(before)
    for (const column of ['a', 'r.x', 'r']) await expect(t.alter({ kind: 'dropColumn', column })).rejects.toThrow(/clustered by/)
    await t.alter({ kind: 'setClustering', columns: ['r.x'] })
    await t.alter({ kind: 'dropColumn', column: 'a' })
  })

  it('statistics columns lose a dropped one, and the property with the last', async () => {
    const t = await AlteredTable.create(plain, { configuration: { ...mapped.configuration, 'delta.dataSkippingStatsColumns': 's' } })
    await t.alter({ kind: 'dropColumn', column: 's' })
    expect((await t.snapshot()).metadata.configuration).not.toHaveProperty(['delta.dataSkippingStatsColumns'])
  })

  it('columns change their places, and rows do not', async () => {
    const t = await AlteredTable.create(nested)
    await t.append([{ a: 1n, s: { x: 5, y: 'y' }, p: 'p1' }])
    await t.alter([{ kind: 'moveColumn', column: 'p', position: 'first' }, { kind: 'moveColumn', column: 's.x', position: { after: 'y' } }])
    const { schema } = await t.snapshot()
    expect(schema.fields.map(f => f.name)).toEqual(['p', 'a', 's'])
    expect(await t.rows()).toEqual([{ p: 'p1', a: 1n, s: { y: 'y', x: 5 } }])
  })

  it('a clustering column must not lose its statistics to those that come before it', async () => {
    const t = await AlteredTable.create(plain, { clusterBy: ['a'], configuration: { 'delta.dataSkippingNumIndexedCols': '1' } })
    await expect(t.alter({ kind: 'moveColumn', column: 's', position: 'first' })).rejects.toThrow(/clustered by a: it has no statistics/)
    await expect(t.alter(set({ 'delta.dataSkippingStatsColumns': 's' }))).rejects.toThrow(/clustered by a: it has no statistics/)
  })
})

describe('types are widened', () => {
  const widening = { configuration: { 'delta.enableTypeWidening': 'true' } }
  const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
  const wide = struct(
    field('a', 'integer'),
    field('l', { type: 'array', elementType: 'integer', containsNull: true }),
    field('m', { type: 'map', keyType: 'integer', valueType: 'float', valueContainsNull: true }),
    field('s', struct(field('d', decimal(5, 2)), field('l', { type: 'array', elementType: struct(field('q', 'short')), containsNull: true }))),
    field('b', 'byte'),
  )

  it('rows of the narrow type are read as the wide one, at any depth, and the schema remembers as Spark’s does', async () => {
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
    const changes = (path: string) => {
      let type: DataType = schema
      let found: unknown
      for (const name of path.split('.')) {
        if (typeof type !== 'string' && type.type === 'array') type = type.elementType
        const column = typeof type !== 'string' && type.type === 'struct' ? type.fields.find(f => f.name === name) : undefined
        found = column?.metadata?.['delta.typeChanges']
        type = column?.type ?? 'void'
      }
      return found
    }
    expect(changes('a')).toEqual([{ fromType: 'integer', toType: 'long' }])
    expect(changes('l')).toEqual([{ fromType: 'integer', toType: 'long', fieldPath: 'element' }])
    expect(changes('m')).toEqual([{ fromType: 'integer', toType: 'long', fieldPath: 'key' }, { fromType: 'float', toType: 'double', fieldPath: 'value' }])
    expect(changes('s')).toBeUndefined()
    expect(changes('s.d')).toEqual([{ fromType: 'decimal(5,2)', toType: 'decimal(10,4)' }])
    expect(changes('s.l.q')).toEqual([{ fromType: 'short', toType: 'integer' }])
    expect(changes('b')).toEqual([{ fromType: 'byte', toType: 'short' }, { fromType: 'short', toType: 'integer' }])
    const narrow = { a: 1n, l: [2n], m: [{ key: 3n, value: 0.5 }], s: { d: 12300n, l: [{ q: 4 }] }, b: 5 }
    const much = { a: 2n ** 40n, l: [2n ** 41n], m: [{ key: 2n ** 42n, value: 0.1 }], s: { d: 9_999_999_999n, l: [{ q: 70_000 }] }, b: 70_000 }
    expect(await t.rows()).toEqual([narrow])
    await t.append([much])
    expect(await t.rows()).toEqual([narrow, much])
  })

  it('the message says what stands against it', async () => {
    const t = await AlteredTable.create(wide)
    await expect(t.alter({ kind: 'widenType', column: 'a', type: 'long' })).rejects.toThrow(/set delta.enableTypeWidening to true first/)
    await t.alter(set({ 'delta.enableTypeWidening': 'true' }))
    for (const [column, type] of [['a', 'short'], ['a', 'string'], ['s', 'long'], ['b', 'float']] as const)
      await expect(t.alter({ kind: 'widenType', column, type })).rejects.toThrow(new RegExp(`${column} cannot become ${type}`))
    expect(await t.alter({ kind: 'widenType', column: 'a', type: 'integer' })).toBe('nothingToDo')
  })

  it('a date that becomes a timestamp without zone brings its feature', async () => {
    const t = await AlteredTable.create(struct(field('d', 'date')), widening)
    await t.append([{ d: 1 }])
    await t.alter({ kind: 'widenType', column: 'd', type: 'timestamp_ntz' })
    expect(features((await t.snapshot()).protocol)).toBe('3 7 appendOnly invariants timestampNtz typeWidening')
    expect(await t.rows()).toEqual([{ d: 86_400_000_000n }])
  })

  it('partition values are read as the wide type too', async () => {
    const t = await AlteredTable.create(struct(field('p', 'integer'), field('v', 'long')), { ...widening, partitionColumns: ['p'] })
    await t.append([{ p: 7, v: 1n }])
    await t.alter({ kind: 'widenType', column: 'p', type: 'long' })
    await t.append([{ p: 2n ** 40n, v: 2n }])
    expect(await t.rows()).toEqual([{ p: 7n, v: 1n }, { p: 2n ** 40n, v: 2n }])
  })
})

describe('not null', () => {
  it('is for a column without nulls: statistics answer, or the rows do', async () => {
    const t = await AlteredTable.create(struct(field('a', 'long'), field('b', 'long')), { configuration: { 'delta.dataSkippingStatsColumns': 'a' } })
    await t.append([{ a: 1n, b: 1n }])
    expect(await t.alter([{ kind: 'setNotNull', column: 'a' }, { kind: 'setNotNull', column: 'b' }])).toBe(2)
    await expect(t.append([{ a: null, b: 1n }])).rejects.toThrow(/a may not be null/)
    await t.alter({ kind: 'dropNotNull', column: 'a' })
    expect(await t.operation()).toEqual(['CHANGE COLUMN', { column: '{"name":"a","type":"long","nullable":true,"metadata":{}}' }])
    await t.append([{ a: null, b: 2n }])
    await expect(t.alter({ kind: 'setNotNull', column: 'a' })).rejects.toThrow(/a cannot be made not nullable: it is null in a row/)
  })

  it('a column that came later is null in the older rows', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter(add('n', 'long'))
    await expect(t.alter({ kind: 'setNotNull', column: 'n' })).rejects.toThrow(/null in a row/)
  })

  it('a partition that is null is null in all its rows', async () => {
    const t = await AlteredTable.create(plain, { partitionColumns: ['s'], configuration: mapped.configuration })
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter({ kind: 'setNotNull', column: 's' })
    await t.alter({ kind: 'dropNotNull', column: 's' })
    await t.append([{ a: 1n, s: null }])
    await expect(t.alter({ kind: 'setNotNull', column: 's' })).rejects.toThrow(/null in a row/)
  })

  it('inside of what may be null itself it means nothing', async () => {
    const t = await AlteredTable.create(nested)
    await expect(t.alter({ kind: 'setNotNull', column: 's.x' })).rejects.toThrow(/s, which it is inside of, may be null/)
    await t.append([{ a: 1n, s: { x: 1, y: null }, p: null }])
    await t.alter([{ kind: 'setNotNull', column: 's' }, { kind: 'setNotNull', column: 's.x' }])
    await expect(t.alter({ kind: 'setNotNull', column: 's.y' })).rejects.toThrow(/null in a row/)
  })

  it('a null that comes in meanwhile is seen', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    const stale = t.other()
    await stale.state()
    await t.append([{ a: null, s: 'y' }])
    await expect(alterTable(stale, [{ kind: 'setNotNull', column: 'a' }])).rejects.toThrow(/null in a row/)
  })
})

describe('constraints', () => {
  const positive: TableChange = { kind: 'addConstraint', name: 'Pos', expression: ' a > 0 ' }

  it('a row that does not meet a new one is named, and nothing is written', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'good' }, { a: -5n, s: 'bad' }])
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toThrow(/constraint pos \(a > 0\).*a = -5, s = "bad"/)
    expect((await t.snapshot()).version).toBe(1)
  })

  it('null does not meet it either, as in Spark', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: null, s: 'none' }])
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toMatchObject({ code: 'DELTA_CONSTRAINT_VIOLATED' })
  })

  it('is held from then on', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'good' }])
    await t.alter(positive, { expressions: greaterThan })
    const { protocol, metadata } = await t.snapshot()
    expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 3 })
    expect(metadata.configuration).toEqual({ 'delta.constraints.pos': 'a > 0' })
    expect(await t.operation()).toEqual(['ADD CONSTRAINT', { name: 'Pos', expr: 'a > 0' }])
    await expect(t.append([{ a: 0n, s: 'bad' }], { expressions: greaterThan })).rejects.toThrow(/pos/)
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toThrow(/there already/)
    await t.alter({ kind: 'dropConstraint', name: 'POS' })
    await t.append([{ a: 0n, s: 'fine' }])
    await expect(t.alter({ kind: 'dropConstraint', name: 'pos' })).rejects.toThrow(/no such constraint/)
    expect(await t.alter({ kind: 'dropConstraint', name: 'pos', ifExists: true })).toBe('nothingToDo')
  })

  it('what cannot be evaluated is not taken on, rows or none', async () => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter(positive)).rejects.toThrow(/pass `expressions`/)
    await expect(t.alter({ kind: 'addConstraint', name: 'x', expression: 'nope()' }, { expressions: greaterThan })).rejects.toThrow(/cannot evaluate nope/)
    await expect(t.alter(set({ 'delta.constraints.x': 'a > 0' }))).rejects.toThrow(/addConstraint/)
  })
})

describe('properties', () => {
  it.each<[Record<string, string>, string]>([
    [{ 'delta.appendOnly': 'true' }, '1 2'],
    [{ 'delta.enableChangeDataFeed': 'true' }, '1 7 appendOnly changeDataFeed invariants'],
    [{ 'delta.enableDeletionVectors': 'true' }, '3 7 appendOnly deletionVectors invariants'],
    [{ 'delta.columnMapping.mode': 'name' }, '2 7 appendOnly columnMapping invariants'],
    [{ 'delta.checkpointPolicy': 'v2', 'delta.feature.vacuumprotocolcheck': 'supported' }, '3 7 appendOnly invariants v2Checkpoint vacuumProtocolCheck'],
    [{ 'delta.minReaderVersion': '1', 'delta.minWriterVersion': '4' }, '1 4'],
  ])('%j makes the protocol %s, as in Spark', async (properties, protocol) => {
    const t = await AlteredTable.create(plain)
    await t.alter(set(properties))
    expect(features((await t.snapshot()).protocol)).toBe(protocol)
  })

  it('a version that implied features keeps them when it becomes a list', async () => {
    const t = await AlteredTable.create(plain, { protocol: { minReaderVersion: 2, minWriterVersion: 5 } })
    await t.alter(set({ 'delta.enableDeletionVectors': 'true' }))
    expect((await t.snapshot()).protocol).toEqual({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['columnMapping', 'deletionVectors'],
      writerFeatures: ['appendOnly', 'changeDataFeed', 'checkConstraints', 'columnMapping', 'deletionVectors', 'generatedColumns', 'invariants'],
    })
  })

  it('set and unset leave the others alone; what changes nothing writes nothing', async () => {
    const t = await AlteredTable.create(plain, { configuration: { mine: '1', 'delta.appendOnly': 'true' } })
    expect(await t.alter(set({ 'DELTA.appendonly': 'true' }))).toBe('nothingToDo')
    await t.alter([set({ other: '2', comment: 'a table' }), { kind: 'unsetProperties', names: ['mine', 'delta.APPENDONLY', 'nope'] }])
    const { metadata } = await t.snapshot()
    expect(metadata.configuration).toEqual({ other: '2' })
    expect(metadata.description).toBe('a table')
    await t.alter(set({ 'delta.appendOnly': 'false' }))
    expect(await t.operation()).toEqual(['SET TBLPROPERTIES', { properties: '{"delta.appendOnly":"false"}' }])
  })

  it('in-commit timestamps that begin later say since when', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter(set({ 'delta.enableInCommitTimestamps': 'true' }))
    const { metadata, timestamp } = await t.snapshot()
    expect(metadata.configuration).toEqual({
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': '2',
      'delta.inCommitTimestampEnablementTimestamp': String(timestamp),
    })
  })

  it.each<[string, Record<string, string>, TableChange, RegExp]>([
    ['mapping by id over files without ids', {}, set({ 'delta.columnMapping.mode': 'id' }), /use name/],
    ['another mapping', mapped.configuration, set({ 'delta.columnMapping.mode': 'id' }), /cannot be changed from name to id/],
    ['no mapping any more', mapped.configuration, set({ 'delta.columnMapping.mode': 'none' }), /written anew/],
    ['mapping taken away', mapped.configuration, { kind: 'unsetProperties', names: ['delta.columnMapping.mode'] }, /written anew/],
    ['the greatest id taken away', mapped.configuration, { kind: 'unsetProperties', names: ['delta.columnMapping.maxColumnId'] }, /written by the engine/],
    ['an older protocol', { 'delta.enableDeletionVectors': 'true' }, set({ 'delta.minWriterVersion': '2' }), /cannot go down/],
    ['Iceberg compatibility, which is not kept here', mapped.configuration, set({ 'delta.enableIcebergCompatV2': 'true' }), /icebergCompatV2/],
    ['clustering without columns', {}, set({ 'delta.feature.clustering': 'supported' }), /setClustering/],
    ['a log shorter than its tombstones', {}, set({ 'delta.logRetentionDuration': 'interval 1 day' }), /delta.deletedFileRetentionDuration/],
    ['an unknown one', {}, set({ 'delta.nope': '1' }), /no property of a table/],
  ])('%s is refused', async (_name, configuration, change, message) => {
    const t = await AlteredTable.create(plain, { configuration })
    await expect(t.alter(change)).rejects.toThrow(message)
    expect((await t.snapshot()).version).toBe(0)
  })
})

describe('row tracking that begins later', () => {
  it('gives ids to the rows that are there, in the commit that promises them', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }, { a: 2n, s: 'y' }])
    await t.append([{ a: 3n, s: 'z' }])
    await t.alter(set({ 'delta.enableRowTracking': 'true' }))
    const { files, metadata, domains, protocol, numFiles } = await t.snapshot()
    expect(numFiles).toBe(2)
    expect(files.map(f => f.baseRowId).sort()).toContain(0n)
    expect(new Set(files.map(f => f.defaultRowCommitVersion))).toEqual(new Set([3n]))
    expect(domains.get(rowTrackingDomain)?.configuration).toContain('2')
    expect(features(protocol)).toBe('1 7 appendOnly domainMetadata invariants rowTracking')
    expect(metadata.configuration['delta.rowTracking.materializedRowIdColumnName']).toMatch(/^_row-id-col-/)
    expect(await t.rows()).toHaveLength(3)
    await t.append([{ a: 4n, s: 'w' }])
    expect((await t.snapshot()).files.map(f => f.baseRowId)).toContain(3n)
  })

  it('does not miss a file that comes in meanwhile', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    const { version } = await t.snapshot()
    const other = t.other()
    let raced = false
    const commit = t.table.commit.bind(t.table)
    t.table.commit = async transaction => {
      if (!raced) {
        raced = true
        await appendRows(other, [rowsOf(plain, [{ a: 2n, s: 'late' }])])
      }
      return commit(transaction)
    }
    expect(await t.alter(set({ 'delta.enableRowTracking': 'true' }))).toBe(version + 2)
    const { files } = await t.snapshot()
    expect(files.map(f => f.baseRowId).sort()).toEqual([0n, 1n])
  })
})

describe('clustering and features', () => {
  it('columns to cluster by turn the feature on, and off leaves it listed', async () => {
    const t = await AlteredTable.create(nested)
    await t.alter({ kind: 'setClustering', columns: ['a', 'S.x'] })
    expect(features((await t.snapshot()).protocol)).toBe('1 7 appendOnly clustering domainMetadata invariants')
    expect(await t.operation()).toEqual(['CLUSTER BY', { oldClusteringColumns: '', newClusteringColumns: 'a,s.x' }])
    expect(await t.alter({ kind: 'setClustering', columns: [['a'], ['s', 'x']] })).toBe('nothingToDo')
    await t.alter({ kind: 'setClustering', columns: [] })
    expect((await t.snapshot()).domains.get('delta.clustering')?.configuration).toBe('{"clusteringColumns":[],"domainName":"delta.clustering"}')
    await expect(t.alter({ kind: 'setClustering', columns: ['nope'] })).rejects.toThrow(/no column nope/)
    const partitioned = await AlteredTable.create(nested, { partitionColumns: ['p'] })
    await expect(partitioned.alter({ kind: 'setClustering', columns: ['a'] })).rejects.toThrow(/partitions cannot be clustered/)
  })

  it('a feature that only writers knew is dropped when nothing uses it', async () => {
    const t = await AlteredTable.create(plain, { configuration: { 'delta.constraints.pos': 'a > 0' } })
    await expect(t.alter({ kind: 'dropFeature', feature: 'checkConstraints' })).rejects.toThrow(/has the constraint pos/)
    await t.alter([{ kind: 'dropConstraint', name: 'pos' }, { kind: 'dropFeature', feature: 'checkconstraints' }])
    expect((await t.snapshot()).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
    const times = await AlteredTable.create(plain, { configuration: { 'delta.enableInCommitTimestamps': 'true' } })
    await times.alter({ kind: 'dropFeature', feature: 'inCommitTimestamp' })
    const { protocol, metadata } = await times.snapshot()
    expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
    expect(metadata.configuration).toEqual({ 'delta.enableInCommitTimestamps': 'false' })
    expect(await times.operation()).toEqual(['DROP FEATURE', { featureName: 'inCommitTimestamp', truncateHistory: false }])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['deletionVectors', { 'delta.enableDeletionVectors': 'true' }, /deletionVectors cannot be dropped: versions of the table/],
    ['domainMetadata', { 'delta.enableRowTracking': 'true' }, /rowTracking needs it/],
    ['rowTracking', { 'delta.enableRowTracking': 'true' }, /rowTracking cannot be dropped/],
    ['appendOnly', {}, /appendOnly cannot be dropped/],
    ['v2Checkpoint', {}, /the table does not have it/],
    ['nope', {}, /no table feature "nope"/],
  ])('%s is not dropped', async (feature, configuration, message) => {
    const t = await AlteredTable.create(plain, { configuration })
    await expect(t.alter({ kind: 'dropFeature', feature })).rejects.toThrow(message)
  })

  it('several changes are one commit under one name', async () => {
    const t = await AlteredTable.create(plain)
    await t.alter([set({ 'delta.columnMapping.mode': 'name' }), { kind: 'renameColumn', column: 'a', name: 'b' }])
    const [operation, parameters] = await t.operation()
    expect(operation).toBe('ALTER TABLE')
    expect(JSON.parse((parameters as { changes: string }).changes)).toMatchObject([{ operation: 'SET TBLPROPERTIES' }, { operation: 'RENAME COLUMN' }])
    expect((await t.snapshot()).version).toBe(1)
  })

  it('no table is no surprise', async () => {
    expect(await alterTable(new AlteredTable().table, [set({ mine: '1' })])).toEqual({ kind: 'noTable' })
  })

  it('a table with a feature that is not known is left alone', async () => {
    const t = await AlteredTable.create(plain)
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['newest'] }
    await t.store.put(commitPath(1), Buffer.from(`${encodeAction({ protocol })}\n`))
    await expect(t.alter(set({ mine: '1' }))).rejects.toThrow(/newest/)
    expect((await t.snapshot()).version).toBe(1)
  })
})
