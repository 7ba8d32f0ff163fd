import { describe, expect, test } from 'vitest'

import { encodeDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import { columnField, LogFixture } from '../logFixture.js'
import { ChangeFixture, sorted } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const vectors = { 'delta.enableDeletionVectors': 'true' }
const feed = { 'delta.enableChangeDataFeed': 'true' }
const longs = (count: number) => BigInt64Array.from({ length: count }, (_, i) => BigInt(i))

describe('changes of rows in files as others write them', () => {
  for (const configuration of [feed, { ...feed, ...vectors }]) {
    const kind = 'delta.enableDeletionVectors' in configuration ? 'with deletion vectors' : 'plain'

    test(`${kind}: find their places across row groups, beside rows that are gone`, async () => {
      const table = await ChangeFixture.create({ fields: [id, name], configuration })
      const written = new LogFixture({ fields: [id, name] })
      const add = await written.file(
        'foreign.parquet',
        { id: longs(1000), name: Array.from({ length: 1000 }, (_, i) => `n${i}`) },
        {},
        7,
      )
      await table.memory.put('foreign.parquet', (await written.store.get('foreign.parquet')) ?? Buffer.alloc(0))
      // Row groups 0 and 1 are gone whole, and the beginning of the next.
      const gone = [...Array(16).keys(), 500, 999]
      const vector = encodeDeletionVector(gone)
      await table.memory.put(vector.name, vector.bytes)
      await table.commit({ add: { ...add, deletionVector: vector.vector, stats: '{"numRecords":1000}' } })
      const left = [...Array(1000).keys()].filter(i => !gone.includes(i))
      await deleteRows(table.table, { where: { op: 'in', column: 'id', values: [16n, 20n, 21n, 500n, 998n] } })
      await updateRows(table.table, {
        where: { op: 'in', column: 'name', values: ['n17', 'n27', 'n28', 'n997'] },
        set: { name: { value: 'x' } },
      })
      await mergeRows(
        table.table,
        [
          rowsOf({ type: 'struct', fields: [id, name] }, [
            { id: 34n, name: 'm' },
            { id: 35n, name: 'm' },
            { id: 998n, name: 'm' },
          ]),
        ],
        { on: ['id'] },
      )
      const expected = [...left.filter(i => ![16, 20, 21, 998].includes(i)), 998].map(i => [
        BigInt(i),
        [17, 27, 28, 997].includes(i) ? 'x' : [34, 35, 998].includes(i) ? 'm' : `n${i}`,
      ])
      const found = await table.rows()
      expect(found.sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)))).toEqual(expected)
      expect((await table.changes(2)).map(row => [row[0], row[2]])).toEqual([
        [16n, 'delete'],
        [20n, 'delete'],
        [21n, 'delete'],
        [998n, 'delete'],
      ])
      expect(await table.changes(3)).toHaveLength(8)
      expect(await table.changes(4)).toHaveLength(5)
    })

    test(`${kind}: read columns in the types they have now, and write them so`, async () => {
      const history = (fromType: string, toType: string) => ({ 'delta.typeChanges': [{ fromType, toType }] })
      const fields = [
        columnField('id', 'long', history('integer', 'long')),
        columnField('x', 'double', history('float', 'double')),
        name,
      ]
      const table = await ChangeFixture.create({ fields, configuration })
      const old = new LogFixture({ fields: [columnField('id', 'integer'), columnField('x', 'float')] })
      const add = await old.file('old.parquet', { id: Int32Array.of(1, 2, 3), x: Float32Array.of(0.5, 1.5, 2.5) })
      await table.memory.put('old.parquet', (await old.store.get('old.parquet')) ?? Buffer.alloc(0))
      await table.commit({
        add: {
          ...add,
          stats:
            '{"numRecords":3,"minValues":{"id":1,"x":0.5},"maxValues":{"id":3,"x":2.5},"nullCount":{"id":0,"x":0,"name":3}}',
        },
      })
      await table.append([{ id: 2n ** 40n, x: 0.1, name: 'new' }])
      await updateRows(table.table, { where: { op: '=', column: 'x', value: 1.5 }, set: { id: { value: 2n ** 50n } } })
      await deleteRows(table.table, { where: { op: '=', column: 'id', value: 3n } })
      expect(await table.rows()).toEqual(
        sorted([
          [1n, 0.5, null],
          [2n ** 40n, 0.1, 'new'],
          [2n ** 50n, 1.5, null],
        ]),
      )
      expect(await table.changes(3)).toEqual([
        [2n ** 50n, 1.5, null, 'update_postimage'],
        [2n, 1.5, null, 'update_preimage'],
      ])
    })

    test(`${kind}: pass over a file that has no rows at all`, async () => {
      const table = await ChangeFixture.create({ fields: [id, name], configuration })
      const written = new LogFixture({ fields: [id, name] })
      const add = await written.file('empty.parquet', { id: new BigInt64Array(0), name: [] })
      await table.memory.put('empty.parquet', (await written.store.get('empty.parquet')) ?? Buffer.alloc(0))
      await table.commit({ add })
      expect(await updateRows(table.table, { set: { name: { value: 'x' } } })).toMatchObject({ kind: 'nothingToDo' })
      expect(await deleteRows(table.table, { where: { op: '=', column: 'id', value: 1n } })).toMatchObject({
        kind: 'nothingToDo',
      })
      expect(await deleteRows(table.table)).toMatchObject({
        kind: 'committed',
        metrics: { numDeletedRows: 0n, numRemovedFiles: 1n },
      })
    })
  }

  test('write no vector where the table does not want them any more, and bring back no row that an old one took out', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: vectors })
    await table.append(Array.from({ length: 5 }, (_, i) => ({ id: BigInt(i), name: `n${i}` })))
    await deleteRows(table.table, { where: { op: '=', column: 'id', value: 1n } })
    const { metadata } = await table.snapshot()
    await table.commit({ metaData: { ...metadata, configuration: { 'delta.enableDeletionVectors': 'false' } } })
    expect(await deleteRows(table.table, { where: { op: '=', column: 'id', value: 3n } })).toMatchObject({
      metrics: { numDeletionVectorsRemoved: 1n, numDeletionVectorsAdded: 0n, numCopiedRows: 3n },
    })
    expect((await table.snapshot()).files.map(({ deletionVector }) => deletionVector)).toEqual([undefined])
    expect((await table.rows()).map(([key]) => key)).toEqual([0n, 2n, 4n])
  })

  test('keep what else is known of a file when its vector changes', async () => {
    const table = await ChangeFixture.create({ fields: [id, name], configuration: vectors })
    await table.append(Array.from({ length: 5 }, (_, i) => ({ id: BigInt(i), name: `n${i}` })))
    const [file] = (await table.snapshot()).files
    await table.commit({
      add: {
        ...(file as NonNullable<typeof file>),
        tags: { ZCUBE_ID: 'z' },
        clusteringProvider: 'liquid',
        baseRowId: 40n,
        defaultRowCommitVersion: 1n,
      },
    })
    await deleteRows(table.table, { where: { op: '=', column: 'id', value: 1n } })
    const [add] = await table.only('add', 3)
    expect(add).toMatchObject({
      tags: { ZCUBE_ID: 'z' },
      clusteringProvider: 'liquid',
      baseRowId: 40n,
      defaultRowCommitVersion: 1n,
      size: file?.size,
      modificationTime: file?.modificationTime,
      dataChange: true,
    })
    expect(await table.only('remove', 3)).toEqual([
      expect.objectContaining({ tags: { ZCUBE_ID: 'z' }, baseRowId: 40n, defaultRowCommitVersion: 1n }),
    ])
  })
})
