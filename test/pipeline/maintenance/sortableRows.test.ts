import { describe, expect, test } from 'vitest'

import { alterTable } from '../../../shared/delta/ddl/index.js'
import { deleteRows } from '../../../shared/delta/dml/index.js'
import {
  columnLayout,
  createTable,
  decodeLogPath,
  keepsRowIds,
  originReading,
  physicalNameOf,
  readDataFile,
  type TableDefinition,
} from '../../../shared/delta/index.js'
import { optimizeTable } from '../../../shared/delta/maintenance/index.js'
import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import { duckDbClusterer } from '../../../shared/pipeline/maintenance/clusterer.js'
import { FileCache } from '../../../shared/query/index.js'
import type { Row, Value } from '../../../shared/types/index.js'
import { field, struct, WrittenTable } from '../../delta/write/writtenTable.js'
import { Random } from '../../random.js'

const schema = struct(
  field('id', 'long'),
  field('in', struct(field('word', 'string'), field('at', 'timestamp'))),
  field('price', { type: 'decimal', precision: 38, scale: 10 }),
  field('tags', { type: 'map', keyType: 'string', valueType: 'double', valueContainsNull: true }),
  field('list', { type: 'array', elementType: struct(field('d', 'date'), field('b', 'binary')), containsNull: true }),
  field('nothing', 'void'),
)

const rowOf = (id: number, random: Random): Row => ({
  id: BigInt(id),
  in:
    id % 11 === 0
      ? null
      : {
          word: id % 7 === 0 ? null : random.pick(['', 'ä 😀', `w${random.below(500)}`]),
          at: BigInt(random.below(2 ** 40)) * 1000n,
        },
  price: id % 5 === 0 ? null : BigInt(random.below(2 ** 40)) * 10n ** 20n - 7n,
  tags:
    id % 3 === 0
      ? null
      : [
          { key: 'x', value: NaN },
          { key: '', value: null },
        ],
  list: id % 4 === 0 ? null : [null, { d: id, b: Uint8Array.of(id & 255, 0) }, { d: null, b: null }],
  nothing: null,
})

const text = (value: unknown) =>
  JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'bigint' || Number.isNaN(v) ? String(v) : v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v,
  )

async function made(definition: Partial<TableDefinition>): Promise<WrittenTable> {
  const t = new WrittenTable()
  const outcome = await t.table.commit(createTable({ schema, createdTime: 1, ...definition }))
  expect(outcome.kind).toBe('committed')
  const random = new Random(3)
  for (let n = 0; n < 4; n++) await t.append(Array.from({ length: 1_000 }, (_, i) => rowOf(n * 1_000 + i, random)))
  await deleteRows(t.table, { where: { op: '<', column: 'id', value: 100n }, clock: t.clock })
  return t
}

/** Each row with the id and the version that it has for good, where the table tracks rows. */
async function contents(t: WrittenTable): Promise<readonly string[]> {
  const snapshot = await t.snapshot()
  const found: string[] = []
  const { layout, fields, originsOf } = originReading(snapshot, {
    layout: columnLayout(snapshot),
    fields: snapshot.schema.fields,
  })
  for (const file of snapshot.files) {
    for await (const batch of readDataFile(t.store, file, { layout, fields, where: {} })) {
      const origins = originsOf(batch, file)
      for (let i = 0; i < batch.rows; i++)
        found.push(
          text([
            ...batch.columns.slice(0, snapshot.schema.fields.length).map((data): Value => data[i] ?? null),
            origins?.ids[i],
            origins?.commitVersions[i],
          ]),
        )
    }
  }
  return found.sort()
}

const clusterer = (cache: FileCache) => duckDbClusterer(cache, [{ memoryLimit: 128 * 2 ** 20, threads: 1 }])

const words = [['in', 'word'], ['id']]
const mapping = (mode: string) => ({ 'delta.columnMapping.mode': mode })
const tables: [string, Partial<TableDefinition>][] = [
  ['columns mapped by name', { configuration: mapping('name') }],
  [
    'columns mapped by id, with deletion vectors',
    { configuration: { ...mapping('id'), 'delta.enableDeletionVectors': 'true' } },
  ],
  ['tracked rows', { configuration: { 'delta.enableRowTracking': 'true' } }],
  [
    'tracked rows, mapped columns and deletion vectors',
    { configuration: { ...mapping('name'), 'delta.enableRowTracking': 'true', 'delta.enableDeletionVectors': 'true' } },
  ],
]

describe.each(tables)('sorting a table with %s', (_, definition) => {
  test('by its own columns moves rows, and each is still who it was', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const t = await made({ ...definition, clusterBy: ['in.word', 'id'] })
    const before = await contents(t)
    expect(before).toHaveLength(3_900)
    if (keepsRowIds(await t.snapshot()))
      expect(new Set(before.map(row => /(\d+)","\d+"\]$/.exec(row)?.[1])).size).toBe(3_900)
    const options = { clock: t.clock, clusterer: clusterer(cache), targetFileSize: 12_000 }
    expect(await optimizeTable(t.table, options)).toMatchObject({ kind: 'optimized', metrics: { numRemovedFiles: 4 } })
    expect(await contents(t)).toEqual(before)
    expect(await optimizeTable(t.table, options)).toMatchObject({ kind: 'nothingToDo' })

    const { files, schema: now } = await t.snapshot()
    expect(files.length).toBeGreaterThan(4)
    // Recorded under the names of the schema, as other engines do it.
    for (const add of files)
      expect(add).toMatchObject({
        clusteringProvider: 'liquid',
        tags: { ZCUBE_ZORDER_BY: '["in.word","id"]' },
        deletionVector: undefined,
      })
    expect((await t.table.history())[0]).toMatchObject({
      operation: 'OPTIMIZE',
      operationParameters: { clusterBy: '["in.word","id"]' },
    })

    const mapped = definition.configuration?.['delta.columnMapping.mode'] !== undefined
    const [id, inner] = now.fields
    const names = mapped ? [id, inner].map(f => physicalNameOf(f as NonNullable<typeof f>)) : ['id', 'in']
    const [idName = ''] = names
    const spans = files.map(({ stats }) => {
      const { minValues, maxValues } = JSON.parse(stats ?? '{}') as Record<string, Record<string, number>>
      return (maxValues?.[idName] ?? NaN) - (minValues?.[idName] ?? NaN)
    })
    // Of a grid, a cell has a part of each side.
    expect(spans.reduce((sum, span) => sum + span, 0) / spans.length).toBeLessThan(3_000)
    const [first] = files
    const parquet = await openParquet(objectStoreSource(t.store, decodeLogPath(first?.path ?? ''), first?.size ?? 0))
    expect(parquet.fields.map(({ name }) => name).slice(0, 2)).toEqual(names)
    if (mapped)
      expect(parquet.fields.slice(0, 5).map(f => f.metadata?.['delta.columnMapping.id'])).toEqual(
        now.fields.slice(0, 5).map(f => f.metadata?.['delta.columnMapping.id']),
      )
  })
})

test('a column that was renamed is sorted along under its new name, and its old cubes are sorted again', async () => {
  await using cache = new FileCache({ limitBytes: 2 ** 30 })
  const t = await made({ configuration: mapping('name'), clusterBy: ['in.word'] })
  const options = { clock: t.clock, clusterer: clusterer(cache) }
  await optimizeTable(t.table, options)
  await alterTable(t.table, [{ kind: 'renameColumn', column: ['in', 'word'], name: 'the.word' }], { clock: t.clock })
  const before = await contents(t)
  await t.append([9_000, 9_001].map(id => ({ ...rowOf(id, new Random(1)), in: null })))
  expect(await optimizeTable(t.table, options)).toMatchObject({ kind: 'optimized', metrics: { numAddedFiles: 1 } })
  expect((await contents(t)).filter(row => !/^\["900[01]"/.test(row))).toEqual(before)
  expect((await t.snapshot()).files.map(({ tags }) => tags?.['ZCUBE_ZORDER_BY'])).toEqual(['["in.`the.word`"]'])
})

test('a table without the feature is sorted along the columns asked for, by their names in the schema', async () => {
  await using cache = new FileCache({ limitBytes: 2 ** 30 })
  const t = await made({ configuration: mapping('id') })
  const before = await contents(t)
  expect(await optimizeTable(t.table, { clock: t.clock, clusterer: clusterer(cache), clusterBy: words })).toMatchObject(
    { kind: 'optimized', metrics: { numAddedFiles: 1 } },
  )
  expect(await contents(t)).toEqual(before)
})

test.each([
  ['none', [['p']]],
  ['none', [['p'], ['id']]],
  ['name', [['p']]],
  ['name', [['p'], ['id']]],
])('a partition column sorts nothing, and is no obstacle (columns mapped by %s, along %j)', async (mode, clusterBy) => {
  await using cache = new FileCache({ limitBytes: 2 ** 30 })
  const t = new WrittenTable()
  const shape = struct(field('id', 'long'), field('p', 'string'))
  await t.table.commit(
    createTable({ schema: shape, partitionColumns: ['p'], createdTime: 1, configuration: mapping(mode) }),
  )
  for (let n = 0; n < 3; n++)
    await t.append(Array.from({ length: 10 }, (_, i) => ({ id: BigInt((i * 7) % 10), p: i % 2 === 0 ? 'even' : null })))
  const before = await contents(t)
  expect(await optimizeTable(t.table, { clock: t.clock, clusterer: clusterer(cache), clusterBy })).toMatchObject({
    kind: 'optimized',
    metrics: { numAddedFiles: 2 },
  })
  expect(await contents(t)).toEqual(before)
})

test('a table whose files hold the partition columns too keeps them there', async () => {
  await using cache = new FileCache({ limitBytes: 2 ** 30 })
  const t = new WrittenTable()
  const shape = struct(field('id', 'long'), field('p', 'string'))
  await t.table.commit(
    createTable({
      schema: shape,
      partitionColumns: ['p'],
      createdTime: 1,
      configuration: { 'delta.feature.materializePartitionColumns': 'supported' },
    }),
  )
  for (let n = 0; n < 3; n++)
    await t.append(
      Array.from({ length: 50 }, (_, i) => ({ id: BigInt((i * 37) % 50), p: i % 2 === 0 ? 'even' : null })),
    )
  expect(
    await optimizeTable(t.table, { clock: t.clock, clusterer: clusterer(cache), clusterBy: [['id']] }),
  ).toMatchObject({ kind: 'optimized', metrics: { numAddedFiles: 2 } })
  const { files } = await t.snapshot()
  for (const { path, size, partitionValues } of files) {
    const rows: Row[] = []
    for await (const row of (await openParquet(objectStoreSource(t.store, decodeLogPath(path), size))).rows())
      rows.push(row)
    expect(rows).toHaveLength(75)
    expect(new Set(rows.map(row => row['p']))).toEqual(new Set([partitionValues['p']]))
    const ids = rows.map(row => row['id'] as bigint)
    expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)))
  }
})
