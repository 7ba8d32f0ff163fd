import { describe, expect, test } from 'vitest'

import type { Txn } from '../../../shared/delta/index.js'
import {
  coveredAppId,
  lastRecordOf,
  type PartitionProgress,
  progressTxns,
  readProgress,
  touchesPartitions,
} from '../../../shared/pipeline/bronze/progress.js'

const table = '7b6f4b1c-0000-4000-8000-000000000001'

const progress = (more: Partial<PartitionProgress> = {}): PartitionProgress => ({
  partition: 3,
  generation: 0,
  start: 10n,
  covered: 99n,
  coveredDigest: 77n,
  missing: 0n,
  holes: 0n,
  updatedAt: 1_000,
  ...more,
})

const txnMap = (...lists: (readonly Txn[])[]) => new Map(lists.flat().map(txn => [txn.appId, txn]))

describe('progress in txns', () => {
  test('what is written is what is read', () => {
    const after = progress({ missing: 4n, holes: 2n })
    const read = readProgress(table, 'events', txnMap(progressTxns(table, 'events', undefined, after)))
    expect(read.get(3)).toEqual(after)
  })

  test('the version of the first txn is the last offset covered, inclusive', () => {
    const [first] = progressTxns(table, 'events', undefined, progress())
    expect(first).toMatchObject({ appId: coveredAppId(table, 'events', 0, 3), version: 99n })
  })

  test('facts that did not change are not written again', () => {
    const before = progress()
    const txns = progressTxns(table, 'events', before, { ...before, covered: 120n })
    expect(txns.map(t => t.version)).toEqual([120n])
  })

  test('what identifies the topic keeps every bit, and a stop ends with its generation', () => {
    const after = progress({
      topicId: (1n << 127n) | (1n << 63n) | 5n,
      epoch: 7,
      coveredDigest: 0n,
      lastRecord: { offset: 90n, digest: 3n },
      stop: 2,
    })
    const before = progressTxns(table, 'events', undefined, after)
    expect(readProgress(table, 'events', txnMap(before)).get(3)).toEqual(after)
    const next = progress({ generation: 1, covered: 9n })
    expect(readProgress(table, 'events', txnMap(before, progressTxns(table, 'events', after, next))).get(3)).toEqual(
      next,
    )
  })

  test('where the covered offset holds no record, the last one before it stands for it', () => {
    const lastRecord = { offset: 90n, digest: 3n }
    expect(lastRecordOf(progress({ coveredDigest: 0n, lastRecord }))).toEqual(lastRecord)
    expect(lastRecordOf(progress())).toEqual({ offset: 99n, digest: 77n })
    expect(lastRecordOf(progress({ coveredDigest: 0n }))).toBeUndefined()
    // One that was written before the covered offset had a record is older, and not asked.
    const txns = [progress({ coveredDigest: 0n, lastRecord }), progress({ covered: 120n })].reduce<{
      list: readonly Txn[]
      last?: PartitionProgress
    }>(({ list, last }, one) => ({ list: [...list, ...progressTxns(table, 'events', last, one)], last: one }), {
      list: [],
    })
    expect(readProgress(table, 'events', txnMap(txns.list)).get(3)?.lastRecord).toBeUndefined()
  })

  test('a raised generation starts again and writes its own start', () => {
    const before = progress({ missing: 5n })
    const after = progress({ generation: 1, start: 0n, covered: -1n, coveredDigest: 0n })
    const txns = [...progressTxns(table, 'events', undefined, before), ...progressTxns(table, 'events', before, after)]
    expect(readProgress(table, 'events', txnMap(txns)).get(3)).toEqual(after)
  })

  test('the newest generation counts, in whatever order a checkpoint has the txns', () => {
    const after = progress({ generation: 1, start: 0n, covered: 5n })
    const lists = [
      progressTxns(table, 'events', undefined, progress()),
      progressTxns(table, 'events', progress(), after),
    ]
    expect(readProgress(table, 'events', txnMap(...lists)).get(3)).toEqual(after)
    expect(readProgress(table, 'events', txnMap(...lists.toReversed())).get(3)).toEqual(after)
  })

  test('a topic whose name begins like another one is another topic', () => {
    const txns = txnMap(
      progressTxns(table, 'events', undefined, progress()),
      progressTxns(table, 'events.v2', undefined, progress({ covered: 5n })),
    )
    expect(readProgress(table, 'events', txns).get(3)?.covered).toBe(99n)
    expect(readProgress(table, 'events.v2', txns).get(3)?.covered).toBe(5n)
  })

  test('the txns of a table that this one replaced do not count', () => {
    const txns = txnMap(progressTxns('another-id', 'events', undefined, progress()))
    expect(readProgress(table, 'events', txns).size).toBe(0)
  })

  test('a writer depends on its own partitions in every generation, and on no others', () => {
    const touches = touchesPartitions(table, 'events', new Set([3]))
    expect(touches(coveredAppId(table, 'events', 0, 3))).toBe(true)
    expect(touches(coveredAppId(table, 'events', 7, 3))).toBe(true)
    expect(touches(`${coveredAppId(table, 'events', 0, 3)}/missing`)).toBe(true)
    expect(touches(coveredAppId(table, 'events', 0, 33))).toBe(false)
    expect(touches(coveredAppId(table, 'events.v2', 0, 3))).toBe(false)
  })
})
