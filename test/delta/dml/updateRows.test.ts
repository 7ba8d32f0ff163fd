import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import type { Expressions } from '../../../shared/delta/write/expressions.js'
import type { Rows } from '../../../shared/delta/write/rows.js'
import type { Value } from '../../../shared/types/index.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const day = columnField('day', 'date')
const people = Array.from({ length: 6 }, (_, i) => ({ id: BigInt(i), name: `n${i}`, day: i % 2 }))
const vectors = { 'delta.enableDeletionVectors': 'true' }
const feed = { 'delta.enableChangeDataFeed': 'true' }

/** Knows two expressions, and counts the rows that it was asked of. */
function tinyEngine(asked: number[] = []): Expressions {
  const column = (rows: Rows, wanted: string) => rows.columns.find(({ field }) => field.name === wanted)?.data ?? []
  return {
    test: (rows, condition) => {
      if (condition !== 'even(id)') throw new Error(condition)
      asked.push(rows.count)
      return Promise.resolve(
        Uint8Array.from({ length: rows.count }, (_, i) => Number((column(rows, 'id')[i] as bigint) % 2n === 0n)),
      )
    },
    evaluate: (rows, wanted) =>
      Promise.resolve(
        wanted.map(({ field, sql }) => {
          if (sql !== 'name || id') throw new Error(sql)
          return {
            field,
            data: Array.from(
              { length: rows.count },
              (_, i): Value => `${column(rows, 'name')[i] as string}${column(rows, 'id')[i] as bigint}`,
            ),
          }
        }),
      ),
    prune: () => Promise.resolve(undefined),
  }
}

describe('updating rows', () => {
  for (const [kind, configuration] of Object.entries({
    plain: feed,
    'with deletion vectors': { ...feed, ...vectors },
  })) {
    test(`${kind}: writes what changes, leaves the rest, and shows both images`, async () => {
      const table = await ChangeFixture.create({ fields: [id, name, day], configuration })
      await table.append(people, { files: [3, 3] })
      const outcome = await updateRows(table.table, {
        where: { op: '=', column: 'id', value: 1n },
        set: { NAME: { value: 'x' }, day: { value: null } },
      })
      expect(outcome).toMatchObject({
        kind: 'committed',
        metrics: { numUpdatedRows: 1n, numCopiedRows: kind === 'plain' ? 2n : 0n, numAddedChangeFiles: 1n },
      })
      expect(await table.rows()).toEqual([
        [0n, 'n0', 0],
        [1n, 'x', null],
        [2n, 'n2', 0],
        [3n, 'n3', 1],
        [4n, 'n4', 0],
        [5n, 'n5', 1],
      ])
      expect(await table.changes(2)).toEqual([
        [1n, 'n1', 1, 'update_preimage'],
        [1n, 'x', null, 'update_postimage'],
      ])
      // Once more over what was written and over the old vector.
      await updateRows(table.table, { where: { op: '<=', column: 'id', value: 2n }, set: { name: { value: 'y' } } })
      await deleteRows(table.table, { where: { op: '=', column: 'name', value: 'n2' } })
      expect((await table.rows()).map(row => row[1])).toEqual(['y', 'y', 'y', 'n3', 'n4', 'n5'])
    })

    test(`${kind}: a row whose partition changes moves there`, async () => {
      const table = await ChangeFixture.create({ fields: [id, name, day], partitionColumns: ['day'], configuration })
      await table.append(people)
      await updateRows(table.table, { where: { op: '=', column: 'name', value: 'n3' }, set: { day: { value: 7 } } })
      expect(await table.rows()).toEqual(people.map(row => [row.id, row.name, row.id === 3n ? 7 : row.day]))
      expect(await table.changes(2)).toEqual([
        [3n, 'n3', 1, 'update_preimage'],
        [3n, 'n3', 7, 'update_postimage'],
      ])
      expect((await table.only('add', 2)).map(({ partitionValues }) => partitionValues['day']).sort()).toEqual([
        '1970-01-02',
        '1970-01-08',
      ])
    })
  }

  test('takes new values from the row as it was, in SQL of whoever evaluates it, and asks only of rows that are there', async () => {
    const table = await ChangeFixture.create({ fields: [id, name, day], configuration: vectors })
    await table.append(people, { files: [4, 2] })
    await deleteRows(table.table, { where: { op: '=', column: 'id', value: 2n } })
    const asked: number[] = []
    await updateRows(table.table, {
      where: 'even(id)',
      set: { name: { sql: 'name || id' }, id: { value: 9n } },
      expressions: tinyEngine(asked),
    })
    expect(asked.toSorted()).toEqual([2, 3])
    expect(await table.rows()).toEqual([
      [1n, 'n1', 1],
      [3n, 'n3', 1],
      [5n, 'n5', 1],
      [9n, 'n00', 0],
      [9n, 'n44', 0],
    ])
  })

  test('of all rows replaces all files, whatever engine there is', async () => {
    const table = await ChangeFixture.create({ fields: [id, name, day], configuration: { ...vectors, ...feed } })
    await table.append(people, { files: [4, 2] })
    await deleteRows(table.table, { where: { op: '=', column: 'id', value: 2n } })
    const outcome = await updateRows(table.table, { set: { name: { value: null } } })
    expect(outcome).toMatchObject({ metrics: { numUpdatedRows: 5n, numRemovedFiles: 2n, numCopiedRows: 0n } })
    expect(await table.rows()).toEqual([0, 1, 3, 4, 5].map(i => [BigInt(i), null, i % 2]))
    expect(await table.changes(3)).toHaveLength(10)
  })

  test('refuses nested fields, columns set twice, values of another type and SQL without an engine, and leaves no file behind', async () => {
    const inside = columnField('s', { type: 'struct', fields: [columnField('x', 'long')] })
    const table = await ChangeFixture.create({ fields: [id, name, inside] })
    await table.append([
      { id: 1n, name: 'a', s: { x: 1n } },
      { id: 2n, name: 'b', s: null },
    ])
    const where = { op: '=', column: 'id', value: 1n } as const
    await expect(updateRows(table.table, { where, set: { 's.x': { value: 2n } } })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
      message: expect.stringContaining('s.x') as string,
    })
    await expect(
      updateRows(table.table, { where, set: { name: { value: 'x' }, Name: { value: 'y' } } }),
    ).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS' })
    await expect(updateRows(table.table, { where, set: { nom: { value: 'x' } } })).rejects.toMatchObject({
      code: 'DELTA_NO_COLUMN',
    })
    await expect(updateRows(table.table, { where, set: { name: { value: 5 } } })).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringContaining('name') as string,
    })
    await expect(updateRows(table.table, { where, set: { name: { sql: '1' } } })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
    })
    await expect(updateRows(table.table, { where, set: {} })).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS' })
    expect(await table.strays()).toEqual([])
    await updateRows(table.table, { where, set: { s: { value: { x: 5n } } } })
    expect(await table.rows()).toEqual([
      [1n, 'a', { x: 5n }],
      [2n, 'b', null],
    ])
  })
})
