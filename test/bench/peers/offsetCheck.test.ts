import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTable, readsNothing, writeDataFile } from '../../../shared/delta/index.js'
import type { StructField, StructType } from '../../../shared/types/index.js'
import { openFolder } from '../deltaTables.js'
import { OffsetCheck, requireEachOffsetOnce } from './offsetCheck.js'

const ranges = [
  { partition: 0, start: 0n, end: 3n },
  { partition: 1, start: 10n, end: 12n },
]
const whole: readonly (readonly [number, bigint])[] = [
  [0, 0n],
  [0, 1n],
  [0, 2n],
  [1, 10n],
  [1, 11n],
]

function faultsOf(rows: readonly (readonly [number, bigint])[]) {
  const check = new OffsetCheck(ranges)
  for (const [partition, offset] of rows) check.add(partition, offset)
  return check.faults
}

describe('rows against offsets', () => {
  test('each once, in any order, is no fault', () => {
    expect(faultsOf(whole.toReversed())).toEqual({ lost: 0, doubled: 0, strange: 0 })
  })

  test('a lost and a doubled one do not make up for each other', () => {
    expect(faultsOf([...whole.slice(1), [0, 1n]])).toEqual({ lost: 1, doubled: 1, strange: 0 })
  })

  test('the same offset of another partition is another one', () => {
    expect(faultsOf([...whole.slice(0, 4), [0, 11n]])).toEqual({ lost: 1, doubled: 0, strange: 1 })
  })

  test.each<[number, bigint]>([
    [0, 3n],
    [1, 9n],
    [2, 0n],
    [1, -1n],
  ])('offset %i/%i is none of the topic', (partition, offset) => {
    expect(faultsOf([...whole, [partition, offset]])).toEqual({ lost: 0, doubled: 0, strange: 1 })
  })

  test('a partition without offsets needs no rows', () => {
    expect(new OffsetCheck([{ partition: 0, start: 5n, end: 5n }]).faults.lost).toBe(0)
  })
})

describe('a table on disk', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offset-check-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function tableOf(name: string, rows: readonly (readonly [number, bigint])[]): Promise<string> {
    const partition: StructField = { name: '_partition', type: 'integer', nullable: true, metadata: {} }
    const offset: StructField = { name: '_offset', type: 'long', nullable: true, metadata: {} }
    const schema: StructType = { type: 'struct', fields: [partition, offset] }
    const table = await openFolder(join(folder, name))
    await table.commit(createTable({ schema, createdTime: 1 }))
    const state = await table.state()
    if (state === undefined) throw new Error('the table was not created')
    const columns = [
      { field: partition, data: Int32Array.from(rows, ([p]) => p) },
      { field: offset, data: BigInt64Array.from(rows, ([, o]) => o) },
    ]
    const add = await writeDataFile(table.store, { ...state.metadata, schema }, columns, {})
    const write = { operation: 'WRITE', isBlindAppend: true, reads: readsNothing } as const
    await table.commit({ readVersion: 0, actions: [{ add }], ...write })
    return join(folder, name)
  }

  test('with each offset once is passed', async () => {
    await requireEachOffsetOnce(await tableOf('whole', whole), ranges)
  })

  test('with a doubled and a lost offset is refused, although the number of rows is right', async () => {
    const table = await tableOf('wrong', [...whole.slice(0, 4), [1, 10n]])
    await expect(requireEachOffsetOnce(table, ranges)).rejects.toThrow(
      '1 offsets lost, 1 rows doubled, 0 rows of no offset',
    )
  })

  test('that is not there is refused', async () => {
    await expect(requireEachOffsetOnce(join(folder, 'none'), ranges)).rejects.toThrow('There is no table')
  })
})
