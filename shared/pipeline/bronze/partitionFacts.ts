import type { Stream } from '../../contract/index.js'
import type { Action } from '../../delta/index.js'
import type { OpenedTable } from '../incremental/index.js'
import { type PartitionProgress, progressTxns, touchesPartitions } from './progress.js'
import type { TopicIdentity } from './topicIdentity.js'

/**
 * Records that partitions are stopped, so that nobody ingests them any more: neither the trigger nor a catch-up,
 * nor a process that knows nothing yet.
 *
 * @param progress what the stops were found against, of the table's state
 * @returns false when another writer moved one of the partitions meanwhile: read them again
 */
export function recordStops(
  bronze: OpenedTable,
  stream: Stream,
  progress: ReadonlyMap<number, PartitionProgress>,
  stops: ReadonlyMap<number, number>,
  now: number,
): Promise<boolean> {
  const changes = Array.from(stops).flatMap(([partition, stop]) => {
    const before = progress.get(partition)
    return before === undefined ? [] : [{ before, after: { ...before, stop } }]
  })
  return commitFacts(bronze, stream, changes, 'stopped', now)
}

/**
 * Records the identity of partitions that have none in the table yet, or not all of it: those of a table of version
 * 0.1.0, or of a source that reports more than it did.
 *
 * @returns false when another writer moved one of the partitions meanwhile, who recorded it as well
 */
export function adoptIdentities(
  bronze: OpenedTable,
  stream: Stream,
  progress: ReadonlyMap<number, PartitionProgress>,
  identities: ReadonlyMap<number, TopicIdentity>,
  now: number,
): Promise<boolean> {
  const changes = Array.from(identities).flatMap(([partition, { topicId, epoch }]) => {
    const before = progress.get(partition)
    if (before === undefined || before.stop !== undefined) return []
    const gains =
      (before.topicId === undefined && topicId !== undefined) || (before.epoch === undefined && epoch !== undefined)
    return gains
      ? [{ before, after: { ...before, topicId: topicId ?? before.topicId, epoch: epoch ?? before.epoch } }]
      : []
  })
  return commitFacts(bronze, stream, changes, 'identified', now)
}

interface Change {
  readonly before: PartitionProgress
  readonly after: PartitionProgress
}

async function commitFacts(
  { table, state }: OpenedTable,
  stream: Stream,
  changes: readonly Change[],
  what: string,
  now: number,
): Promise<boolean> {
  if (changes.length === 0) return true
  const { id } = state.metadata
  const partitions = changes.map(({ after }) => after.partition)
  // The covered offset stays, and so does when it moved.
  const txns = changes.flatMap(({ before, after }) =>
    progressTxns(id, stream.topic, before, { ...after, updatedAt: now }).slice(1),
  )
  const outcome = await table.commit({
    readVersion: state.version,
    actions: txns.map((txn): Action => ({ txn })),
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', topic: stream.topic, [what]: partitions.join(', ') },
    isBlindAppend: true,
    reads: { files: 'none', appIds: touchesPartitions(id, stream.topic, new Set(partitions)) },
  })
  return outcome.kind === 'committed'
}
