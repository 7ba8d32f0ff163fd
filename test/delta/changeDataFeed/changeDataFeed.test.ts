import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { readChanges } from '../../../shared/delta/changeDataFeed/changeDataFeed.js'
import { encodeDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import type { StructField } from '../../../shared/types/index.js'
import { allRows, columnField, LogFixture } from '../logFixture.js'

const on = { 'delta.enableChangeDataFeed': 'true' }
const id = columnField('id', 'long')
const p = columnField('p', 'string')
const longs = (...values: number[]) => BigInt64Array.from(values.map(BigInt))

const removed = ({ path, partitionValues, size, deletionVector }: AddFile, dataChange = true): Action => ({
  remove: { path, dataChange, deletionTimestamp: 0, extendedFileMetadata: true, partitionValues, size, deletionVector },
})

async function feed(table: LogFixture, from: number, to?: number) {
  const scan = await readChanges(table.store, { from, to, columns: ['id', 'p', '_change_type', '_commit_version'] })
  return allRows(scan.batches)
}

describe('the change feed', () => {
  test('is inserts and deletes where a version has no change files, and nothing where only files moved', async () => {
    const table = new LogFixture({ fields: [id, p], partitionColumns: ['p'], configuration: on })
    const [a, b] = [
      await table.file('a', { id: longs(1, 2) }, { partitionValues: { p: 'x' } }),
      await table.file('b', { id: longs(1, 2) }, { partitionValues: { p: 'x' }, dataChange: false }),
    ]
    await table.commit({ add: a })
    await table.commit(removed(a, false), { add: b })
    await table.commit(removed(b))
    expect(await feed(table, 0)).toEqual([
      [1n, 'x', 'insert', 0n],
      [2n, 'x', 'insert', 0n],
      [1n, 'x', 'delete', 2n],
      [2n, 'x', 'delete', 2n],
    ])
    expect(await feed(table, 1, 1)).toEqual([])
  })

  test('is the change files alone where a version has any', async () => {
    const table = new LogFixture({ fields: [id, p], partitionColumns: ['p'], configuration: on })
    const a = await table.file('a', { id: longs(1, 2) }, { partitionValues: { p: 'x' } })
    await table.commit({ add: a })
    const cdc = await table.file(
      '_change_data/c',
      { id: longs(1, 9), _change_type: ['update_preimage', 'update_postimage'] },
      { partitionValues: { p: 'x' } },
    )
    const { path, partitionValues, size } = cdc
    await table.commit(
      removed(a),
      { add: await table.file('b', { id: longs(9, 2) }, { partitionValues: { p: 'x' } }) },
      { cdc: { path, partitionValues, size, dataChange: false } },
    )
    expect(await feed(table, 1)).toEqual([
      [1n, 'x', 'update_preimage', 1n],
      [9n, 'x', 'update_postimage', 1n],
    ])
  })

  test('is what two deletion vectors of one file differ in', async () => {
    const features = ['deletionVectors']
    const table = new LogFixture({
      fields: [id, p],
      configuration: on,
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: features,
        writerFeatures: [...features, 'changeDataFeed'],
      },
    })
    const vector = async (positions: number[]) => {
      const { name, bytes, vector: found } = encodeDeletionVector(positions)
      await table.store.put(name, bytes)
      return found
    }
    const whole = await table.file('a', { id: longs(0, 1, 2, 3), p: ['', '', '', ''] })
    const first = { ...whole, deletionVector: await vector([1]) }
    const second = { ...whole, deletionVector: await vector([2, 3]) }
    await table.commit({ add: whole })
    await table.commit(removed(whole), { add: first })
    await table.commit(removed(first), { add: second })
    await table.commit(removed(second))
    expect((await feed(table, 1)).map(([of, , type, version]) => [of, type, version])).toEqual([
      [1n, 'delete', 1n],
      [2n, 'delete', 2n],
      [3n, 'delete', 2n],
      [1n, 'insert', 2n],
      [0n, 'delete', 3n],
      [1n, 'delete', 3n],
    ])
  })

  test('is dated by the commits, by their own clock where they have one', async () => {
    const table = new LogFixture({ fields: [id], configuration: on })
    const first = table.clock.now()
    await table.commit({ add: await table.file('a', { id: longs(1) }) })
    // The clock stood still: log files of one time are distinguished all the same.
    await table.commit({ add: await table.file('b', { id: longs(2) }) })
    await table.commit({ commitInfo: { inCommitTimestamp: 77 } }, { add: await table.file('c', { id: longs(3) }) })
    const { batches } = await readChanges(table.store, { from: 0, columns: ['_commit_timestamp'] })
    expect(await allRows(batches)).toEqual([[BigInt(first) * 1000n], [BigInt(first + 1) * 1000n], [77_000n]])
  })

  test('of a time when the table kept none is refused, not derived', async () => {
    const table = new LogFixture({ fields: [id, p], partitionColumns: ['p'] })
    await table.commit({ add: await table.file('a', { id: longs(1) }, { partitionValues: { p: 'x' } }) })
    const metaData = (await table.snapshot()).metadata
    await table.commit({ metaData: { ...metaData, configuration: on } })
    await table.commit({ metaData: { ...metaData, configuration: {} } })
    await expect(feed(table, 0)).rejects.toMatchObject({ code: 'DELTA_NO_CHANGE_DATA', data: { version: 0 } })
    expect(await feed(table, 1, 1)).toEqual([])
    await expect(feed(table, 1)).rejects.toMatchObject({ code: 'DELTA_NO_CHANGE_DATA', data: { version: 2 } })
  })

  test('from a version that kept none is refused, although no commit since says so', async () => {
    const table = new LogFixture({ fields: [id, p], partitionColumns: ['p'] })
    for (const name of ['a', 'b', 'c'])
      await table.commit({ add: await table.file(name, { id: longs(1) }, { partitionValues: { p: 'x' } }) })
    const kept = await table.snapshot()
    for (const from of [1, 2])
      await expect(feed(table, from)).rejects.toMatchObject({ code: 'DELTA_NO_CHANGE_DATA', data: { version: from } })
    await table.commit({ metaData: { ...kept.metadata, configuration: on } })
    await expect(feed(table, 2)).rejects.toMatchObject({ code: 'DELTA_NO_CHANGE_DATA', data: { version: 2 } })
    expect(await feed(table, 3)).toEqual([])
  })

  test.each([
    [5, undefined],
    [1, 0],
    [0, 9],
    [-1, 0],
    [NaN, 0],
  ])('from %j to %j of a table of one version is refused', async (from, to) => {
    const table = new LogFixture({ fields: [id], configuration: on })
    await table.commit()
    await expect(readChanges(table.store, { from, to })).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
  })

  test('of a log with a hole is refused at the hole', async () => {
    const table = new LogFixture({ fields: [id], configuration: on })
    for (let version = 0; version < 4; version++) await table.commit()
    await table.store.delete(commitPath(2))
    for (const from of [1, 3])
      await expect(readChanges(table.store, { from })).rejects.toMatchObject({
        code: 'DELTA_VERSION_GAP',
        data: { version: 2 },
      })
  })

  test('a change file whose rows do not say what became of them is refused', async () => {
    const table = new LogFixture({ fields: [id], configuration: on })
    await table.commit()
    const { path, partitionValues, size } = await table.file('_change_data/c', { id: longs(1) })
    await table.commit({ cdc: { path, partitionValues, size, dataChange: false } })
    await expect(readChanges(table.store, { from: 1 }).then(scan => allRows(scan.batches))).rejects.toMatchObject({
      code: 'DELTA_BAD_DATA_FILE',
      data: { version: 1, file: path },
    })
  })

  test('has the columns of the newest version; those added since are null in older rows', async () => {
    const table = new LogFixture({ fields: [id], configuration: on })
    await table.commit({ add: await table.file('a', { id: longs(1) }) })
    await table.commit(await schemaOf(table, [id, p]))
    await table.commit({ add: await table.file('b', { id: longs(2), p: ['x'] }) })
    const { fields, batches } = await readChanges(table.store, { from: 0, to: 0 })
    expect(fields.map(field => field.name)).toEqual(['id', 'p', '_change_type', '_commit_version', '_commit_timestamp'])
    expect((await allRows(batches)).map(row => row.slice(0, 2))).toEqual([[1n, null]])
    expect(await feed(table, 0)).toEqual([
      [1n, null, 'insert', 0n],
      [2n, 'x', 'insert', 2n],
    ])
  })

  test.each([
    ['dropped', [id], /column p was dropped or renamed/],
    ['of another type', [id, columnField('p', 'long')], /column p was string and became long/],
    ['not null', [id, { ...p, nullable: false }], /column p may be null no longer/],
  ])('across a column that is %s afterwards is refused, on either side of it not', async (_, fields, message) => {
    const table = new LogFixture({ fields: [id, p], configuration: on })
    await table.commit({ add: await table.file('a', { id: longs(1), p: ['x'] }) })
    await table.commit(await schemaOf(table, fields))
    await expect(readChanges(table.store, { from: 0 })).rejects.toThrow(message)
    await expect(readChanges(table.store, { from: 0, to: 0 })).rejects.toMatchObject({
      code: 'DELTA_INCOMPATIBLE_SCHEMA',
    })
    expect(await allRows((await readChanges(table.store, { from: 1 })).batches)).toEqual([])
  })

  test('across a column that was dropped and came back is refused at the version that dropped it', async () => {
    const table = new LogFixture({ fields: [id, p], configuration: on })
    await table.commit()
    await table.commit(await schemaOf(table, [id, columnField('p', 'long')]))
    await table.commit(await schemaOf(table, [id, p]))
    await expect(feed(table, 0)).rejects.toMatchObject({ code: 'DELTA_INCOMPATIBLE_SCHEMA', data: { version: 1 } })
  })

  test('of mapped columns has the columns of its last version', async () => {
    const mapping = (name: string, column: number) =>
      columnField(name, 'long', { 'delta.columnMapping.id': column, 'delta.columnMapping.physicalName': `c${column}` })
    const table = new LogFixture({
      fields: [mapping('id', 1)],
      configuration: { ...on, 'delta.columnMapping.mode': 'name' },
      protocol: { minReaderVersion: 2, minWriterVersion: 5 },
    })
    await table.commit()
    await table.commit(await schemaOf(table, [mapping('renamed', 1)]))
    const scan = await readChanges(table.store, { from: 0, to: 0 })
    expect(scan.fields[0]?.name).toBe('id')
    await expect(readChanges(table.store, { from: 0 })).rejects.toThrow(/column id was renamed to renamed/)
  })

  test('of a merge that changed no row is empty, whatever files it rewrote', async () => {
    const table = new LogFixture({ fields: [id, p], configuration: on })
    const a = await table.file('a', { id: longs(1), p: ['x'] })
    await table.commit({ add: a })
    const operationMetrics = { numTargetRowsInserted: '0', numTargetRowsUpdated: '0', numTargetRowsDeleted: '0' }
    await table.commit({ commitInfo: { operation: 'MERGE', operationMetrics } }, removed(a), {
      add: { ...a, path: 'b' },
    })
    expect(await feed(table, 1)).toEqual([])
  })
})

async function schemaOf(table: LogFixture, fields: readonly StructField[]): Promise<Action> {
  return { metaData: { ...(await table.snapshot()).metadata, schemaString: formatSchema({ type: 'struct', fields }) } }
}
