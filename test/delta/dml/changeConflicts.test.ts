import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { Row } from '../../../shared/types/index.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture, isCommit } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const fields = [id, name]
const vectors = { 'delta.enableDeletionVectors': 'true' }
const feed = { 'delta.enableChangeDataFeed': 'true' }
const rows = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: BigInt(from + i), name: `n${from + i}` }))
const source = (...wanted: Row[]) => [rowsOf({ type: 'struct', fields }, wanted)]
const ids = async (table: ChangeFixture) => (await table.rows()).map(([key]) => Number(key))

describe('changes of rows while others commit', () => {
  for (const [kind, configuration] of Object.entries({ plain: {}, 'with deletion vectors': vectors })) {
    test(`${kind}: rows that came meanwhile and cannot match do not hold a change up, those that can are changed, too`, async () => {
      const table = await ChangeFixture.create({ fields, configuration })
      await table.append(rows(0, 10))
      let written = 0
      table.faults.add({
        on: 'create',
        fault: {
          kind: 'interleave',
          first: () => {
            written++
          },
        },
        times: 99,
      })
      table.beforeCommit(() => table.other().append(rows(50, 60)))
      expect(await deleteRows(table.table, { where: { op: 'in', column: 'id', values: [3n, 4n] } })).toMatchObject({
        kind: 'committed',
        version: 3,
        metrics: { numDeletedRows: 2n },
      })
      const once = written
      table.beforeCommit(() => table.other().append(rows(5, 8)))
      const outcome = await updateRows(table.table, {
        where: { op: '=', column: 'id', value: 7n },
        set: { name: { value: 'x' } },
      })
      expect(outcome).toMatchObject({ kind: 'committed', version: 5, metrics: { numUpdatedRows: 2n } })
      expect(once).toBe(kind === 'plain' ? 1 : 0)
      expect((await table.rows()).filter(row => row[1] === 'x')).toEqual([
        [7n, 'x'],
        [7n, 'x'],
      ])
      expect(await ids(table)).toEqual(
        [0, 1, 2, 5, 5, 6, 6, 7, 7, 8, 9, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59].sort((a, b) =>
          `${a}n` < `${b}n` ? -1 : 1,
        ),
      )
      expect(await table.strays()).toEqual([])
    })

    test(`${kind}: two that change the same file both come true, whatever the order`, async () => {
      const table = await ChangeFixture.create({ fields, configuration: { ...configuration, ...feed } })
      await table.append(rows(0, 10))
      table.beforeCommit(() =>
        updateRows(table.other().table, {
          where: { op: '<', column: 'id', value: 2n },
          set: { name: { value: 'theirs' } },
        }),
      )
      await deleteRows(table.table, {
        where: {
          op: 'or',
          of: [
            { op: '=', column: 'name', value: 'theirs' },
            { op: '=', column: 'id', value: 9n },
          ],
        },
      })
      expect(await ids(table)).toEqual([2, 3, 4, 5, 6, 7, 8])
      expect((await table.changes(3)).map(row => row.at(-1))).toEqual(['delete', 'delete', 'delete'])
      table.beforeCommit(() => deleteRows(table.other().table, { where: { op: '=', column: 'id', value: 5n } }))
      await mergeRows(table.table, source({ id: 5n, name: 'again' }, { id: 6n, name: 'six' }), { on: ['id'] })
      expect((await table.rows()).slice(3, 5)).toEqual([
        [5n, 'again'],
        [6n, 'six'],
      ])
      expect((await table.changes(5)).map(row => [row[0], row.at(-1)])).toEqual([
        [5n, 'insert'],
        [6n, 'update_preimage'],
        [6n, 'update_postimage'],
      ])
      expect(await table.strays()).toEqual([])
    })

    test(`${kind}: a file that was rearranged meanwhile is looked at where its rows are now`, async () => {
      const table = await ChangeFixture.create({ fields, configuration })
      await table.append(rows(0, 20), { files: [5, 5, 5, 5] })
      table.beforeCommit(() => optimizeTable(table.other().table, { clock: table.clock }))
      expect(await deleteRows(table.table, { where: { op: '=', column: 'id', value: 7n } })).toMatchObject({
        kind: 'committed',
        metrics: { numDeletedRows: 1n },
      })
      expect(await ids(table)).toHaveLength(19)
      expect(await table.strays()).toEqual([])
    })
  }

  test('that others were rearranged, in which nothing was found, is no reason to do it again', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(rows(0, 10), { files: [5, 5] })
    const found = (await table.snapshot()).files.find(
      ({ stats }) => stats?.includes('"max') === true && /"id":9/.test(stats),
    )
    const file = found as NonNullable<typeof found>
    let uploads = 0
    table.faults.add({
      on: 'create',
      fault: {
        kind: 'interleave',
        first: () => {
          uploads++
        },
      },
      times: 99,
    })
    table.beforeCommit(async () => {
      await table.memory.put('moved.parquet', (await table.memory.get(file.path)) ?? Buffer.alloc(0))
      await table
        .other()
        .commit(
          { remove: { ...file, dataChange: false } },
          { add: { ...file, path: 'moved.parquet', dataChange: false } },
        )
    })
    // By its bounds the second file may hold `n55`.
    expect(await deleteRows(table.table, { where: { op: 'in', column: 'name', values: ['n1', 'n55'] } })).toMatchObject(
      { kind: 'committed', version: 3 },
    )
    expect(uploads).toBe(1)
    expect(await ids(table)).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('a change of the schema meanwhile is one that they are planned again on', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(rows(0, 3))
    table.beforeCommit(async () => {
      const other = table.other()
      const { metadata } = await other.snapshot()
      const wider = metadata.schemaString.replace(
        /\]\}$/,
        ',{"name":"more","type":"long","nullable":true,"metadata":{}}]}',
      )
      await other.commit({ metaData: { ...metadata, schemaString: wider } })
    })
    expect(await deleteRows(table.table, { where: { op: '=', column: 'id', value: 1n } })).toMatchObject({
      kind: 'committed',
      version: 3,
    })
    expect(await table.rows()).toEqual([
      [0n, 'n0', null],
      [2n, 'n2', null],
    ])
    expect(await table.strays()).toEqual([])
  })

  test('a lost answer to their commit is no conflict: nothing is done twice', async () => {
    for (const fault of [
      { kind: 'loseAnswer' },
      { kind: 'meetOwnWrite' },
      { kind: 'fail', ambiguous: true },
    ] as const) {
      for (const configuration of [feed, { ...feed, ...vectors }]) {
        const table = await ChangeFixture.create({ fields, configuration })
        await table.append(rows(0, 10), { files: [5, 5] })
        const strike = () => table.faults.add({ on: 'putIfAbsent', path: isCommit, fault })
        strike()
        expect(
          await updateRows(table.table, { where: { op: '<', column: 'id', value: 2n }, set: { id: { value: 100n } } }),
        ).toMatchObject({ version: 2, metrics: { numUpdatedRows: 2n } })
        strike()
        expect(
          await mergeRows(
            table.table,
            source({ id: 100n, name: 'x' }, { id: 5n, name: 'y' }, { id: 200n, name: 'z' }),
            { on: ['id'] },
          ),
        ).toMatchObject({ version: 3, metrics: { numTargetRowsUpdated: 3n, numTargetRowsInserted: 1n } })
        strike()
        expect(await deleteRows(table.table, { where: { op: '>', column: 'id', value: 100n } })).toMatchObject({
          version: 4,
          metrics: { numDeletedRows: 1n },
        })
        expect((await table.rows()).map(row => row[1])).toEqual([
          'x',
          'x',
          'n2',
          'n3',
          'n4',
          'y',
          'n6',
          'n7',
          'n8',
          'n9',
        ])
        expect(await table.strays(), fault.kind).toEqual([])
      }
    }
  })

  test('an upload that fails leaves the table as it was, and no file', async () => {
    for (const configuration of [feed, { ...feed, ...vectors }]) {
      for (const on of ['create', 'write', 'close', 'put'] as const) {
        const table = await ChangeFixture.create({ fields, configuration })
        await table.append(rows(0, 10), { files: [5, 5] })
        // The last of the uploads that the change takes.
        table.faults.add({ on, path: path => !isCommit(path), fault: { kind: 'fail', retryable: false } })
        const change = updateRows(table.table, {
          where: { op: 'in', column: 'id', values: [1n, 6n] },
          set: { name: { value: 'x' } },
        })
        if (on === 'put' && !('delta.enableDeletionVectors' in configuration)) await change
        else {
          await expect(change, on).rejects.toThrow()
          expect(await table.hasVersion(2), on).toBe(false)
        }
        expect(await table.strays(), on).toEqual([])
      }
    }
  })

  test('a change that has its txn already is not made again, and two at once with one txn are one', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(rows(0, 3))
    const txn = { appId: 'job', version: 4n }
    const change = (of: ChangeFixture) => mergeRows(of.table, source({ id: null, name: 'new' }), { on: ['id'], txn })
    table.beforeCommit(async () => {
      expect(await change(table.other())).toMatchObject({ kind: 'committed', version: 2 })
    })
    expect(await change(table)).toEqual({ kind: 'alreadyApplied', version: 2 })
    expect(await change(table)).toEqual({ kind: 'alreadyApplied', version: 2 })
    expect(await deleteRows(table.table, { txn: { appId: 'job', version: 3n } })).toEqual({
      kind: 'alreadyApplied',
      version: 2,
    })
    expect(await table.rows()).toHaveLength(4)
    expect(await table.strays()).toEqual([])
  })

  test('gives up as a conflict after as many plans as it was asked to', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(rows(0, 3))
    for (let i = 0; i < 2; i++) table.beforeCommit(() => table.other().append(rows(0, 1)))
    const outcome = await deleteRows(table.table, { where: { op: '=', column: 'id', value: 0n }, maxPlans: 2 })
    expect(outcome).toMatchObject({ kind: 'conflict', reason: 'concurrentAppend', version: 3 })
    expect(await table.rows()).toHaveLength(5)
    expect(await table.strays()).toEqual([])
  })

  test('there may be no table', async () => {
    const table = await ChangeFixture.create({ fields })
    for await (const { path } of table.memory.list('')) await table.memory.delete(path)
    expect(await deleteRows(table.other().table)).toEqual({ kind: 'noTable' })
    expect(await mergeRows(table.other().table, [], { on: ['id'] })).toEqual({ kind: 'noTable' })
  })
})
