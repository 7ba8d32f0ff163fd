import type { Stream } from '../../contract/index.js'
import type { DataFileLayout } from '../../delta/index.js'
import type { CodedError } from '../../errors.js'
import type { PartitionOffsets } from '../../sources/index.js'
import type { OpenedTable } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { erasedOffsets } from './erasedOffsets.js'
import { firstOffset } from './firstOffset.js'
import { movingPartitions } from './movingPartitions.js'
import { layoutOf, openBronze } from './openBronze.js'
import { adoptIdentities, recordStops } from './partitionFacts.js'
import { isPartitionFault } from './partitionFault.js'
import { type PartitionQueue } from './partitionQueue.js'
import { pinStartOffset } from './pinStartOffset.js'
import { type PartitionProgress, readProgress } from './progress.js'
import { stopError } from './stopReason.js'
import { checkTopic, initialProgress, type TopicCheck } from './topicIdentity.js'
import type { ErasedOffsets } from './validateRecord.js'

/** What a catch-up is to ingest; everything, when absent. */
export interface CatchUpScope {
  /**
   * Partitions whose coverage moved within that many milliseconds, by the storage's clock, are left to whoever moves
   * them.
   */
  readonly stalledForMs?: number | undefined
  /** Only up to these offsets (exclusive), by partition; every partition up to its end when absent. */
  readonly until?: ReadonlyMap<number, bigint> | undefined
}

/** What a catch-up sets out to do. */
export interface CatchUpPlan {
  /** Id of the bronze table it was made on. */
  readonly tableId: string
  readonly queues: readonly PartitionQueue[]
  /** Offsets in all queues. */
  readonly total: bigint
  /** Why partitions are not ingested, or not to their ends. */
  readonly stopped: readonly CodedError[]
  readonly logs: ReadonlyMap<number, PartitionOffsets>
  /** What partitions that were never ingested are known by. */
  readonly newPartitions: ReadonlyMap<number, PartitionProgress>
  readonly layout: DataFileLayout
  /** Records that may come again although their keys were erased. */
  erased: ErasedOffsets | undefined
}

/** Looks at the topic and at what is covered, and records what is found to be stopped. */
export async function planCatchUp(lake: Lake, stream: Stream, scope: CatchUpScope): Promise<CatchUpPlan> {
  const { stalledForMs = 0, until } = scope
  let bronze = await openBronze(lake, stream)
  if (await pinStartOffset(lake.source, stream, bronze, lake.clock.now())) bronze = await openBronze(lake, stream)
  const { state } = bronze
  const progress = readProgress(state.metadata.id, stream.topic, state.txns)
  const { partitions, unavailable } = await lake.source.survey(stream.topic)
  const logs = new Map(partitions.map(log => [log.partition, log]))
  const isWanted = ({ partition }: { readonly partition: number }) => until?.has(partition) !== false
  const stopped = new Map<number, CodedError>(
    unavailable.filter(isWanted).map(({ partition, error }) => [partition, error]),
  )
  const wanted = partitions.filter(isWanted)
  const known: PartitionProgress[] = []
  for (const { partition } of wanted) {
    const one = progress.get(partition)
    if (one?.stop !== undefined) stopped.set(partition, stopError(stream.name, stream.topic, one, one.stop))
    else known.push(one ?? initialProgress(partition, 0n, undefined))
  }
  const check = await checkTopic(lake, stream, known)
  for (const [partition, error] of await reportStops(lake, stream, bronze, check)) stopped.set(partition, error)
  await adoptIdentities(bronze, stream, progress, check.identities, lake.clock.now())
  const queues: PartitionQueue[] = []
  const begun = new Map<number, PartitionProgress>()
  let moving: Promise<ReadonlySet<number>> | undefined
  for (const log of wanted) {
    const { partition } = log
    if (stopped.has(partition)) continue
    const one = progress.get(partition)
    try {
      const next = one === undefined ? await firstOffset(lake.source, stream, log) : one.covered + 1n
      if (one === undefined) begun.set(partition, initialProgress(partition, next, check.identities.get(partition)))
      const end = until?.get(partition) ?? log.end
      if (next >= end) continue
      if (
        stalledForMs > 0 &&
        (await (moving ??= movingPartitions(bronze.table, state, stream.topic, stalledForMs))).has(partition)
      )
        continue
      queues.push({ partition, generation: one?.generation ?? 0, first: next, next, end, busy: false })
    } catch (error) {
      if (!isPartitionFault(error)) throw error
      stopped.set(partition, error)
    }
  }
  return {
    tableId: state.metadata.id,
    queues,
    total: queues.reduce((sum, q) => sum + (q.end - q.next), 0n),
    stopped: [...stopped.values()],
    logs,
    newPartitions: begun,
    layout: layoutOf(bronze),
    erased: await erasedOffsets(lake, stream, state),
  }
}

/** Writes down what was found to be stopped. @returns what keeps partitions from being ingested, by partition */
export async function reportStops(
  lake: Lake,
  stream: Stream,
  bronze: OpenedTable,
  check: TopicCheck,
): Promise<ReadonlyMap<number, CodedError>> {
  const { state } = bronze
  const progress = readProgress(state.metadata.id, stream.topic, state.txns)
  const errors = new Map<number, CodedError>(check.failures)
  // When another writer is faster, the next run finds them again.
  await recordStops(bronze, stream, progress, check.stops, lake.clock.now())
  for (const [partition, stop] of check.stops) {
    const known = progress.get(partition)
    errors.set(
      partition,
      known === undefined ? beganAgain(stream, partition) : stopError(stream.name, stream.topic, known, stop),
    )
  }
  return errors
}

function beganAgain({ topic }: Stream, partition: number): PipelineError {
  return new PipelineError(
    'TOPIC_RECREATED',
    `Topic ${topic}, partition ${partition}, was recreated while it was read for the first time; the next run reads it as it is then.`,
    { retryable: true, data: { topic, partition } },
  )
}

/**
 * Moves every queue to what is covered now: another writer has been there, and what was encoded beyond it is void.
 * @throws PipelineError SOURCE_TABLE_CHANGED
 */
export async function rewind(lake: Lake, stream: Stream, plan: CatchUpPlan): Promise<void> {
  const { tableId, queues } = plan
  const { state } = await openBronze(lake, stream)
  requireSameTable(tableId, stream, state.metadata.id)
  plan.erased = await erasedOffsets(lake, stream, state)
  const progress = readProgress(tableId, stream.topic, state.txns)
  for (const queue of queues) {
    const known = progress.get(queue.partition)
    if (known?.stop !== undefined) queue.failure ??= stopError(stream.name, stream.topic, known, known.stop)
    if (known === undefined) queue.next = queue.first
    // A raised generation means that somebody reset the offsets: this run's plan no longer holds for the partition.
    else queue.next = known.generation === queue.generation ? known.covered + 1n : queue.end
  }
}

/**
 * A recreated table knows nothing of what this run has planned on.
 * @throws PipelineError SOURCE_TABLE_CHANGED
 */
export function requireSameTable(planned: string, stream: Stream, found: string): void {
  if (planned === found) return
  throw new PipelineError(
    'SOURCE_TABLE_CHANGED',
    `Bronze of ${stream.name} was recreated while it was caught up; the next run begins again.`,
    {
      retryable: true,
      data: { planned, found },
    },
  )
}
