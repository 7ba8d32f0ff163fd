import { describe, expect, it } from 'vitest'
import { keptFeatures } from '../../../shared/delta/features.js'
import type { Expressions } from '../../../shared/delta/write/expressions.js'
import { TableWriter, rowsOf, writtenFeatures } from '../../../shared/delta/write/tableWriter.js'
import { openParquet, bytesFile, type StructField, type StructType, type Value } from '../../../shared/parquet/index.js'
import { field, struct, WrittenTable } from './writtenTable.js'

const mappedId = (id: number, physical: string) => ({ metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physical } })
const mapping = (mode: string) => ({
  configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '20' },
  protocol: { minReaderVersion: 2, minWriterVersion: 5 },
})

/** Evaluates `column > number` without an engine. */
const greaterThan: Expressions = {
  test: (rows, condition) => {
    const [name = '', , limit = ''] = condition.split(' ')
    const data = rows.columns.find(column => column.field.name === name)?.data ?? []
    return Promise.resolve(Uint8Array.from({ length: rows.count }, (_, i) => Number(data[i] !== null && Number(data[i]) > Number(limit))))
  },
  evaluate: () => Promise.reject(new Error('not asked for')),
  prune: () => Promise.resolve(undefined),
}

describe('rows in, rows out', () => {
  it('partitions of every type, with values that paths and logs garble, come back as they were', async () => {
    const types: readonly [string, StructField['type'], readonly Value[]][] = [
      ['s', 'string', ['a/b', 'ä é', '100% "sure"', '=', 'null', null, '__HIVE_DEFAULT_PARTITION__']],
      ['b', 'boolean', [true, false, true, null, false, true, false]],
      ['i', 'integer', [-1, 0, 2 ** 31 - 1, null, 5, 6, 7]],
      ['l', 'long', [-(2n ** 63n), 2n ** 63n - 1n, 0n, null, 1n, 2n, 3n]],
      ['d', 'double', [0.1, -0, 1e300, null, NaN, Infinity, 5]],
      ['m', { type: 'decimal', precision: 38, scale: 2 }, [10n ** 37n, -1n, 0n, null, 1n, 2n, 3n]],
      ['t', 'date', [0, -719162, 2932896, null, 1, 2, 3]],
      ['z', 'timestamp', [0n, -1n, 253402300799999999n, null, 1n, 2n, 3n]],
      ['n', 'timestamp_ntz', [0n, -1n, 253402300799999999n, null, 1n, 2n, 3n]],
      ['x', 'binary', [Buffer.from('a'), Buffer.from('ö'), Buffer.from('%'), null, Buffer.from('2'), Buffer.from('3'), Buffer.from('4')].map(bytes => bytes && new Uint8Array(bytes))],
    ]
    const schema = struct(...types.map(([name, type]) => field(name, type)), field('v', 'long'))
    const t = await WrittenTable.create({
      schema,
      partitionColumns: types.map(([name]) => name),
    })
    const rows = Array.from({ length: 7 }, (_, i) => Object.fromEntries([...types.map(([name, , values]): [string, Value] => [name, values[i] ?? null]), ['v', BigInt(i)]]))
    await t.append(rows)
    expect(await t.rows()).toEqual(rows)
    expect((await t.snapshot()).files).toHaveLength(7)
  })

  it('the empty text of a partition column is null, and cannot get past a column that may not be null', async () => {
    const t = await WrittenTable.create({ schema: struct(field('p', 'string'), field('v', 'long')), partitionColumns: ['p'] })
    await t.append([{ p: '', v: 1n }, { p: null, v: 2n }])
    expect((await t.snapshot()).files.map(({ partitionValues }) => partitionValues)).toEqual([{ p: null }])
    const strict = await WrittenTable.create({ schema: struct(field('p', 'string', { nullable: false }), field('v', 'long')), partitionColumns: ['p'] })
    await expect(strict.append([{ p: 'a', v: 1n }, { p: '', v: 1n }])).rejects.toThrow(/column p may not be null in the table, and is empty.*row 2/)
  })

  it.each(['name', 'id'])('mapped by %s: nested fields stand under physical names and ids, also in statistics and partition values', async mode => {
    const schema: StructType = struct(
      field('My Part', 'string', mappedId(1, 'col-1')),
      field('Some Struct', struct(field('an Id', 'long', mappedId(3, 'col-3')), field('inner', struct(field('x', 'string', mappedId(5, 'col-5'))), mappedId(4, 'col-4'))), mappedId(2, 'col-2')),
      field('list', { type: 'array', elementType: struct(field('in list', 'integer', mappedId(7, 'col-7'))), containsNull: true }, mappedId(6, 'col-6')),
      field('map', { type: 'map', keyType: 'string', valueType: struct(field('in map', 'double', mappedId(9, 'col-9'))), valueContainsNull: true }, mappedId(8, 'col-8')),
    )
    const t = await WrittenTable.create({ schema, partitionColumns: ['My Part'], ...mapping(mode) })
    const rows = [
      { 'My Part': 'a', 'Some Struct': { 'an Id': 7n, inner: { x: 'y' } }, list: [{ 'in list': 1 }, null], map: [{ key: 'k', value: { 'in map': 1.5 } }] },
      { 'My Part': 'a', 'Some Struct': null, list: null, map: [] },
    ]
    await t.append(rows)
    expect(await t.rows()).toEqual(rows)
    const [add] = (await t.snapshot()).files
    expect(add?.partitionValues).toEqual({ 'col-1': 'a' })
    expect(JSON.parse(add?.stats ?? '')).toEqual({
      numRecords: 2,
      minValues: { 'col-2': { 'col-3': 7, 'col-4': { 'col-5': 'y' } } },
      maxValues: { 'col-2': { 'col-3': 7, 'col-4': { 'col-5': 'y' } } },
      nullCount: { 'col-2': { 'col-3': 1, 'col-4': { 'col-5': 1 } }, 'col-6': 1, 'col-8': 0 },
    })
    const file = await openParquet(bytesFile((await t.store.get(add?.path ?? '')) ?? new Uint8Array()))
    expect(JSON.stringify(file.fields)).toMatch(/"col-2".*"col-3".*"col-4".*"col-5".*"col-6".*"col-7".*"col-8".*"col-9"/)
    expect(file.fields.map(f => f.metadata?.['delta.columnMapping.id'])).toEqual([2, 6, 8])
  })
})
