import { describe, expect, test } from 'vitest'

import type { Protocol } from '../../../shared/delta/actions/actions.js'
import { readDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture, mappedField } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const people = Array.from({ length: 10 }, (_, i) => ({ id: BigInt(i), name: i % 3 === 0 ? null : `n${i}` }))
const vectors = { 'delta.enableDeletionVectors': 'true' }
const feed = { 'delta.enableChangeDataFeed': 'true' }

describe('deleting rows', () => {
  test('leaves the other rows, in new files of the table where it has no deletion vectors', async () => {
    const table = await ChangeFixture.create({ fields: [id, name] })
    await table.append(people, { files: [5, 5] })
    const [first] = (await table.snapshot()).files
    const outcome = await deleteRows(table.table, { where: { op: '<', column: 'ID', value: 3n }, clock: table.clock })
    expect(outcome).toMatchObject({
      kind: 'committed',
      version: 2,
      metrics: { numDeletedRows: 3n, numCopiedRows: 2n, numRemovedFiles: 1n, numAddedFiles: 1n },
    })
    expect((await table.rows()).map(([n]) => n)).toEqual([3n, 4n, 5n, 6n, 7n, 8n, 9n])
    expect(await table.only('remove', 2)).toEqual([
      expect.objectContaining({
        path: first?.path,
        dataChange: true,
        extendedFileMetadata: true,
        partitionValues: {},
        size: first?.size,
        stats: first?.stats,
      }),
    ])
    const [{ commitInfo }] = (await table.actions(2)) as [{ commitInfo: Record<string, unknown> }]
    expect(commitInfo).toMatchObject({
      operation: 'DELETE',
      operationParameters: { predicate: '["(id < 3)"]' },
      isBlindAppend: false,
    })
  })

  test('does not bring back what a deletion vector took out before, and one file of vectors serves the commit', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: vectors })
    await table.append(people, { files: [5, 5] })
    await deleteRows(table.table, { where: { op: 'in', column: 'id', values: [1n, 6n] } })
    const before = (await table.snapshot()).files
    const outcome = await deleteRows(table.table, { where: { op: 'in', column: 'id', values: [1n, 2n, 7n] } })
    expect(outcome).toMatchObject({
      metrics: {
        numDeletedRows: 2n,
        numDeletionVectorsUpdated: 2n,
        numDeletionVectorsAdded: 2n,
        numDeletionVectorsRemoved: 2n,
        numRemovedFiles: 0n,
        numAddedFiles: 0n,
      },
    })
    expect((await table.rows()).map(([n]) => n)).toEqual([0n, 3n, 4n, 5n, 8n, 9n])
    const adds = await table.only('add', 3)
    expect((await table.only('remove', 3)).map(({ path, deletionVector }) => [path, deletionVector])).toEqual(
      before.map(({ path, deletionVector }) => [path, deletionVector]),
    )
    expect(new Set(adds.map(({ deletionVector }) => deletionVector?.pathOrInlineDv)).size).toBe(1)
    const places = await Promise.all(
      adds.map(async ({ deletionVector }) => [
        ...(await readDeletionVector(table.memory, deletionVector as NonNullable<typeof deletionVector>)).positions(),
      ]),
    )
    expect(places).toEqual([
      [1, 2],
      [1, 2],
    ])
    for (const { stats } of adds) expect(JSON.parse(stats ?? '')).toMatchObject({ numRecords: 5, tightBounds: false })
  })

  test('finds statistics that say how tight they are where the table has deletion vectors, as Spark writes them', async () => {
    const plain: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }
    for (const [options, tight] of [
      [{ configuration: vectors }, true],
      [{ protocol: plain }, undefined],
    ] as const) {
      const table = await ChangeFixture.create({ fields: [id, name], ...options })
      await table.append(people)
      const said = async () =>
        (await table.snapshot()).files.map(
          ({ stats }) => (JSON.parse(stats ?? '{}') as { tightBounds?: boolean }).tightBounds,
        )
      expect(await said()).toEqual([tight])
      await deleteRows(table.table, { where: { op: '=', column: 'id', value: 4n } })
      expect(await said()).toEqual([tight === undefined ? undefined : false])
    }
  })

  test('gives a file the count of its rows when the first vector comes, which readers rely on', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: vectors })
    await table.append(people)
    const [file] = (await table.snapshot()).files
    for (const stats of [undefined, '{}', '{"nullCount":{"id":0,"name":4}}', 'nonsense']) {
      await table.bringBack({ ...(file as NonNullable<typeof file>), stats })
      const outcome = await deleteRows(table.table, { where: { op: '=', column: 'id', value: 4n } })
      if (outcome.kind !== 'committed') throw new Error(outcome.kind)
      const [add] = await table.only('add', outcome.version)
      expect(JSON.parse(add?.stats ?? '')).toMatchObject({ numRecords: 10, tightBounds: false })
      await table.commit({
        remove: { ...((await table.only('add', outcome.version))[0] as NonNullable<typeof file>), dataChange: true },
      })
    }
  })

  test('takes a file out whole when no row is left, without a vector and without reading it where statistics say so', async () => {
    for (const configuration of [{}, vectors]) {
      const table = await ChangeFixture.create({ fields: [id, name], configuration })
      await table.append(people, { files: [5, 5] })
      await deleteRows(table.table, { where: { op: 'in', column: 'id', values: [0n, 1n] } })
      const outcome = await deleteRows(table.table, { where: { op: '<', column: 'name', value: 'n5' } })
      expect(outcome).toMatchObject({ metrics: { numDeletedRows: 2n } })
      expect((await table.rows()).map(([n]) => n)).toEqual([3n, 5n, 6n, 7n, 8n, 9n])
      // The rest of the first file goes by its statistics: that it cannot be read does not matter.
      const rest = (await table.snapshot()).files.find(({ stats }) => /"max[^}]*"id":[34]/.test(stats ?? ''))
      await table.memory.put(rest?.path ?? '', Buffer.from('gone'))
      const last = await deleteRows(table.table, { where: { op: '<=', column: 'id', value: 4n } })
      expect(last).toMatchObject({
        metrics: { numDeletedRows: 1n, numRemovedFiles: 1n, numAddedFiles: 0n, numCopiedRows: 0n },
      })
      expect((await table.rows()).map(([n]) => n)).toEqual([5n, 6n, 7n, 8n, 9n])
    }
  })

  test('keeps a row for which the comparison is null, and one whose NaN no bound records', async () => {
    const x = columnField('x', 'double')
    const table = await ChangeFixture.create({ fields: [id, x] })
    await table.append([
      { id: 1n, x: 1 },
      { id: 2n, x: null },
      { id: 3n, x: NaN },
      { id: 4n, x: -0 },
    ])
    await deleteRows(table.table, { where: { op: 'not', of: { op: '=', column: 'x', value: 1 } } })
    expect(await table.rows()).toEqual([
      [1n, 1],
      [2n, null],
    ])
    const [file] = (await table.snapshot()).files
    // As writers do that take the bounds from Parquet's footer, which has no NaN.
    await table.append([
      { id: 5n, x: NaN },
      { id: 6n, x: 2 },
    ])
    const bounds =
      '{"numRecords":2,"minValues":{"id":5,"x":2.0},"maxValues":{"id":6,"x":2.0},"nullCount":{"id":0,"x":0}}'
    const added = (await table.snapshot()).files.find(({ path }) => path !== file?.path)
    await table.commit({ add: { ...(added as NonNullable<typeof added>), stats: bounds } })
    await deleteRows(table.table, { where: { op: '<=', column: 'x', value: 5 } })
    expect(await table.rows()).toEqual([
      [2n, null],
      [5n, NaN],
    ])
  })

  test('without a condition empties the table, and says so once', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: { ...vectors, ...feed } })
    await table.append(people, { files: [4, 6] })
    await deleteRows(table.table, { where: { op: '=', column: 'id', value: 0n } })
    expect(await deleteRows(table.table)).toMatchObject({
      kind: 'committed',
      version: 3,
      metrics: { numDeletedRows: 9n, numRemovedFiles: 2n, numDeletionVectorsRemoved: 1n },
    })
    expect(await table.rows()).toEqual([])
    expect(await deleteRows(table.table)).toEqual({ kind: 'nothingToDo', version: 3 })
    expect((await table.changes(3)).map(([n, , type]) => [n, type])).toEqual(
      people.slice(1).map(({ id: n }) => [n, 'delete']),
    )
  })

  test('writes the change feed by files where rows of a file go, for those that go with their file as well, and not where only files go whole', async () => {
    for (const configuration of [feed, { ...feed, ...vectors }]) {
      const table = await ChangeFixture.create({ fields: [id, name], configuration })
      await table.append(people, { files: [2, 4, 4] })
      await deleteRows(table.table, { where: { op: '<=', column: 'id', value: 3n } })
      expect(await table.only('cdc', 2)).toHaveLength(1)
      expect(await table.changes(2)).toEqual(people.slice(0, 4).map(row => [row.id, row.name, 'delete']))
      await deleteRows(table.table, { where: { op: '<=', column: 'id', value: 5n } })
      expect(await table.only('cdc', 3)).toEqual([])
      expect(await table.changes(3)).toEqual(people.slice(4, 6).map(row => [row.id, row.name, 'delete']))
    }
  })

  test('finds columns of mapped tables, partitions and fields inside structs', async () => {
    const inner = columnField('s', { type: 'struct', fields: [mappedField(columnField('a.b', 'integer'), 4)] })
    const fields = [mappedField(id, 1), mappedField(columnField('p', 'string'), 2), mappedField(inner, 3)]
    const table = await ChangeFixture.create({
      fields,
      partitionColumns: ['p'],
      configuration: { 'delta.columnMapping.mode': 'name', ...feed },
    })
    await table.append([
      { id: 1n, p: 'x', s: { 'a.b': 1 } },
      { id: 2n, p: 'x', s: null },
      { id: 3n, p: null, s: { 'a.b': 3 } },
      { id: 4n, p: 'y', s: { 'a.b': 4 } },
    ])
    await deleteRows(table.table, {
      where: {
        op: 'and',
        of: [
          { op: 'in', column: 'p', values: ['x', 'z'] },
          { op: '>=', column: 'S.`a.b`', value: 1 },
        ],
      },
    })
    expect(await table.rows()).toEqual([
      [2n, 'x', null],
      [3n, null, { 'a.b': 3 }],
      [4n, 'y', { 'a.b': 4 }],
    ])
    expect(await table.changes(2)).toEqual([[1n, 'x', { 'a.b': 1 }, 'delete']])
    await deleteRows(table.table, {
      where: {
        op: 'or',
        of: [
          { op: 'isNull', column: 'p' },
          { op: 'isNull', column: 's' },
        ],
      },
    })
    expect((await table.rows()).map(([n]) => n)).toEqual([4n])
  })

  test('refuses what would leave a wrong question unnoticed: a column that is not there, a value of another type, SQL that nobody evaluates', async () => {
    const table = await ChangeFixture.create({ fields: [id, name] })
    await table.append(people)
    await expect(deleteRows(table.table, { where: { op: '=', column: 'nme', value: 'x' } })).rejects.toMatchObject({
      code: 'DELTA_NO_COLUMN',
    })
    await expect(deleteRows(table.table, { where: { op: '=', column: 'id', value: 5 } })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_TYPE',
      message: expect.stringContaining('id is long') as string,
    })
    await expect(deleteRows(table.table, { where: 'id = 5' })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
      message: expect.stringContaining('expressions') as string,
    })
    expect(await table.rows()).toHaveLength(10)
  })

  test('refuses an append-only table before it reads a row of it', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: { 'delta.appendOnly': 'true' } })
    await table.append(people)
    for (const { path } of (await table.snapshot()).files) await table.memory.delete(path)
    await expect(deleteRows(table.table, { where: { op: '=', column: 'name', value: 'n1' } })).rejects.toMatchObject({
      code: 'DELTA_APPEND_ONLY',
    })
  })

  test('answers that nothing is to do when no row matches, and writes nothing', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: feed })
    await table.append(people)
    expect(await deleteRows(table.table, { where: { op: '=', column: 'name', value: 'n11' } })).toEqual({
      kind: 'nothingToDo',
      version: 1,
    })
    expect(await table.hasVersion(2)).toBe(false)
    expect(await table.strays()).toEqual([])
  })
})
