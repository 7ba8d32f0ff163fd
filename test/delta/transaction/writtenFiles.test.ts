import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { isRetryable } from '../../../shared/errors.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'

const schema: StructType = {
  type: 'struct',
  fields: [
    { name: 'id', type: 'long', nullable: true, metadata: {} },
    { name: 'seen', type: 'timestamp', nullable: true, metadata: {} },
    {
      name: 's',
      type: { type: 'struct', fields: [{ name: 'd', type: 'date', nullable: true, metadata: {} }] },
      nullable: true,
      metadata: {},
    },
    { name: 'day', type: 'date', nullable: true, metadata: {} },
    { name: 'region', type: 'string', nullable: false, metadata: {} },
  ],
}

async function partitioned() {
  const clock = new ManualClock()
  const table = new DeltaTable(new MemoryStore(clock), { clock })
  await table.commit(createTable({ schema, partitionColumns: ['day', 'region'], createdTime: 0 }))
  const commit = (...actions: Action[]) =>
    table.commit({ readVersion: 0, actions, operation: 'WRITE', isBlindAppend: true, reads: readsNothing })
  return { table, commit }
}

const good = { day: '2025-04-01', region: 'eu' }
const add = (more: Partial<AddFile>): Action => ({
  add: { path: 'a.parquet', partitionValues: good, size: 1, modificationTime: 1, dataChange: true, ...more },
})
const remove: Action = { remove: { path: 'a.parquet', dataChange: true, deletionTimestamp: 1 } }

describe('a file that our own reader would refuse is not committed', () => {
  test.each<[string, Partial<AddFile>, string]>([
    ['a day that is a count', { partitionValues: { ...good, day: '-719163' } }, 'day'],
    ['a day that no calendar has', { partitionValues: { ...good, day: '2025-02-30' } }, 'day'],
    ['an empty text where there must be one', { partitionValues: { ...good, region: '' } }, 'region'],
    ['null where there must be a value', { partitionValues: { ...good, region: null } }, 'region'],
    ['no value where there must be one', { partitionValues: { day: null } }, 'region'],
    ['a least value of another type', { stats: '{"numRecords":1,"minValues":{"seen":"never"}}' }, 'seen'],
    ['a greatest value of another type', { stats: '{"numRecords":1,"maxValues":{"s":{"d":"-719163"}}}' }, 's.d'],
  ])('%s', async (_, more, column) => {
    const { table, commit } = await partitioned()
    const error = await commit(add(more)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'DELTA_BAD_COMMIT',
      data: { column },
      message: expect.stringContaining(`column ${column} of the new file`) as string,
    })
    expect(isRetryable(error)).toBe(false)
    expect((await table.state({ fresh: true }))?.version).toBe(0)
  })

  test('statistics that are not JSON', async () => {
    const { commit } = await partitioned()
    await expect(commit(add({ stats: '{"numRecords":' }))).rejects.toMatchObject({ code: 'DELTA_BAD_STATISTICS' })
  })

  test('one of changed rows', async () => {
    const { commit } = await partitioned()
    const cdc: Action = {
      cdc: { path: '_change_data/a', partitionValues: { ...good, day: 'x' }, size: 1, dataChange: false },
    }
    await expect(commit(cdc)).rejects.toMatchObject({ code: 'DELTA_BAD_COMMIT', data: { column: 'day' } })
  })

  test('one of the version that makes the table', async () => {
    const table = new DeltaTable(new MemoryStore(new ManualClock()))
    const create = createTable({ schema, partitionColumns: ['day', 'region'], createdTime: 0 })
    const actions = [...create.actions, add({ partitionValues: { ...good, day: 'x' } })]
    await expect(table.commit({ ...create, actions })).rejects.toMatchObject({
      code: 'DELTA_BAD_COMMIT',
      data: { column: 'day' },
    })
  })
})

describe('a file that can be read is committed', () => {
  test.each<[string, Partial<AddFile>]>([
    ['a day before year 0', { partitionValues: { ...good, day: '-0044-03-15' } }],
    ['a day beyond 9999', { partitionValues: { ...good, day: '+12345-11-29' } }],
    ['an empty text that is null', { partitionValues: { ...good, day: '' } }],
    [
      'bounds of every year',
      {
        stats:
          '{"numRecords":1,"minValues":{"seen":"-0044-03-15T00:00:00.000Z","s":{"d":"0000-05-06"}},"maxValues":{"seen":"+12345-11-29T00:00:00.000Z","s":{"d":null}}}',
      },
    ],
    ['statistics that say nothing', { stats: '{}' }],
  ])('%s', async (_, more) => {
    const { commit } = await partitioned()
    expect(await commit(add(more))).toMatchObject({ kind: 'committed' })
  })

  test('and one of others that only comes back with a deletion vector, whatever its bounds', async () => {
    const { commit } = await partitioned()
    const odd = { stats: '{"numRecords":1,"minValues":{"seen":"never"}}' }
    const deletionVector = {
      storageType: 'i',
      pathOrInlineDv: '^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
      sizeInBytes: 40,
      cardinality: 6n,
    } as const
    expect(await commit(remove, add({ ...odd, deletionVector }))).toMatchObject({ kind: 'committed' })
  })
})
