import type { Stream } from '../../contract/index.js'
import type { TableState, Txn } from '../../delta/index.js'
import type { BackfillRange } from './backfillPlan.js'
import type { EncodedRange } from './encode.js'
import {
  allProgress,
  coveredAppId,
  missingRanges,
  missingTxn,
  partitionOf,
  type PartitionProgress,
  progressTxns,
  readProgress,
} from './progress.js'
import { stopError } from './stopReason.js'

/** One past the last offset that a range lacks in that state of the table. */
export function endIn({ metadata, txns }: TableState, { name, topic }: Stream, range: BackfillRange): bigint {
  const { partition, generation, missingFrom } = range
  const newest = readProgress(metadata.id, topic, txns).get(partition)
  if (newest?.stop !== undefined) throw stopError(name, topic, newest, newest.stop)
  if (newest?.generation !== range.newestGeneration) return range.start
  if (missingFrom === undefined) return progressOf(metadata.id, topic, txns, range)?.start ?? range.start
  const found = missingRanges(metadata.id, topic, txns).find(
    one => one.partition === partition && one.generation === generation && one.start === missingFrom,
  )
  return found?.end ?? missingFrom
}

function progressOf(
  tableId: string,
  topic: string,
  txns: ReadonlyMap<string, Txn>,
  { partition, generation }: BackfillRange,
): PartitionProgress | undefined {
  return allProgress(tableId, topic, txns).find(one => one.partition === partition && one.generation === generation)
}

/** What moves with the rows: where the partition begins, or where what is recorded as missing ends. */
export function txnsOf(
  { metadata, txns }: TableState,
  { topic }: Stream,
  range: BackfillRange,
  ranges: readonly EncodedRange[],
  now: number,
): readonly Txn[] {
  const before = progressOf(metadata.id, topic, txns, range)
  if (before === undefined) return []
  const { start, end, missingFrom } = range
  const [read] = ranges
  // Where nothing has come since it began, the last record that is covered is among these: it is known by that one.
  const isTail = isAtPin(before) && read !== undefined
  const holes = before.holes + ranges.reduce((sum, { counts }) => sum + counts.holes, 0n)
  const moved =
    missingFrom === undefined
      ? { ...before, holes, start, ...(isTail ? tailOf(read) : {}) }
      : { ...before, holes, missing: before.missing - (end - start) }
  return [
    // The covered offset stays, and so does when it moved.
    ...progressTxns(metadata.id, topic, before, { ...moved, updatedAt: now }).slice(1),
    ...(missingFrom === undefined
      ? []
      : [missingTxn(metadata.id, topic, { ...range, start: missingFrom, end: start }, now)]),
  ]
}

/** Whether a partition has nothing but the place where it began: then the record before it is the last that is covered. */
const isAtPin = (known: PartitionProgress | undefined) => known !== undefined && known.covered < known.start

const tailOf = ({ coveredDigest, last }: EncodedRange) => ({
  coveredDigest,
  lastRecord: coveredDigest === 0n ? last : undefined,
})

/** Whether a winner's txn makes the commit void: the partition begins anew, is stopped, or is counted otherwise. */
export function isRival(state: TableState, topic: string, range: BackfillRange): (appId: string) => boolean {
  const { id } = state.metadata
  const own = coveredAppId(id, topic, range.generation, range.partition)
  const counted = new Set(['/holes', '/missing', '/stop', '/start'].map(fact => `${own}${fact}`))
  // Who goes on from there has other last records than those that are read here.
  const tail = isAtPin(progressOf(id, topic, state.txns, range)) ? [own, `${own}/tail`, `${own}/witness`] : []
  return appId =>
    counted.has(appId) ||
    tail.includes(appId) ||
    (partitionOf(id, topic, appId) === range.partition && !(appId === own || appId.startsWith(`${own}/`)))
}
