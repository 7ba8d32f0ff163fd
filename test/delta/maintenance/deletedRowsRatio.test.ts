import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { concatenation } from '../../../shared/delta/maintenance/concatenation.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import type { OptimizeOptions } from '../../../shared/delta/maintenance/optimizeOptions.js'
import { clusteringProvider } from '../../../shared/delta/table/clusteringColumns.js'
import { ChangeFixture } from '../dml/changeFixture.js'
import { columnField } from '../logFixture.js'

/** One file of a hundred rows, of which so many are deleted. */
async function tableWithDeletes(deleted: number, configuration: Record<string, string> = {}): Promise<ChangeFixture> {
  const t = await ChangeFixture.create({
    fields: [columnField('id', 'long')],
    configuration: { 'delta.enableDeletionVectors': 'true', ...configuration },
  })
  await t.append(Array.from({ length: 100 }, (_, i) => ({ id: BigInt(i) })))
  if (deleted > 0) await deleteRows(t.table, { where: { op: '<', column: 'id', value: BigInt(deleted) } })
  expect((await t.snapshot()).files[0]?.deletionVector?.cardinality ?? 0n).toBe(BigInt(deleted))
  return t
}

async function outcome(t: ChangeFixture, options: OptimizeOptions = {}) {
  const before = await t.rows()
  const done = await optimizeTable(t.table, { clock: t.clock, ...options })
  expect(await t.rows()).toEqual(before)
  return done
}

describe('a single file with deleted rows', () => {
  test('is rewritten without them when they are more than five of a hundred, and then left alone', async () => {
    const t = await tableWithDeletes(23)
    expect(await outcome(t)).toMatchObject({ kind: 'optimized', metrics: { numRemovedFiles: 1, numAddedFiles: 1 } })
    expect((await t.snapshot()).files).toMatchObject([{ deletionVector: undefined, dataChange: false }])
    expect(await outcome(t)).toMatchObject({ kind: 'nothingToDo' })
    expect(await outcome(await tableWithDeletes(6))).toMatchObject({ kind: 'optimized' })
    expect(await outcome(await tableWithDeletes(5))).toMatchObject({ kind: 'nothingToDo' })
    expect(await outcome(await tableWithDeletes(0))).toMatchObject({ kind: 'nothingToDo' })
  })

  test('whatever its size, and however many files a bin shall have', async () => {
    expect(await outcome(await tableWithDeletes(23), { threshold: 1, minFiles: 16 })).toMatchObject({
      kind: 'optimized',
    })
    expect(await outcome(await tableWithDeletes(23), { minFiles: 16 })).toMatchObject({ kind: 'optimized' })
  })

  test('by the share that the table or the call names', async () => {
    const property = { 'lake.optimize.maxDeletedRowsRatio': '0.3' }
    expect(await outcome(await tableWithDeletes(23, property))).toMatchObject({ kind: 'nothingToDo' })
    expect(await outcome(await tableWithDeletes(31, property))).toMatchObject({ kind: 'optimized' })
    expect(await outcome(await tableWithDeletes(23, property), { maxDeletedRowsRatio: 0.1 })).toMatchObject({
      kind: 'optimized',
    })
    expect(await outcome(await tableWithDeletes(1), { maxDeletedRowsRatio: 0 })).toMatchObject({ kind: 'optimized' })
    await expect(
      optimizeTable((await tableWithDeletes(23, { 'lake.optimize.maxDeletedRowsRatio': 'half' })).table),
    ).rejects.toMatchObject({ code: 'DELTA_BAD_PROPERTY', message: expect.stringContaining('"half"') as string })
  })

  test('of a sorted table too, and it stays sorted', async () => {
    const t = await tableWithDeletes(23)
    const clusterer = { ...concatenation, accepts: () => true }
    const first = await outcome(t, { clusterBy: [['id']], clusterer })
    expect(first).toMatchObject({ kind: 'optimized' })
    expect((await t.snapshot()).files[0]?.tags).toMatchObject({ ZCUBE_ZORDER_BY: '["id"]' })
    expect((await t.snapshot()).files[0]?.clusteringProvider).not.toBe(clusteringProvider)
    expect(await outcome(t, { clusterBy: [['id']], clusterer })).toMatchObject({ kind: 'nothingToDo' })
  })
})
