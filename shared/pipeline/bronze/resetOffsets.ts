import { bronzePath, type Stream } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { firstOffset } from './firstOffset.js'
import { type PartitionProgress, progressTxns, readProgress, touchesPartitions } from './progress.js'
import { stopError } from './stopReason.js'
import { checkTopic, identify, initialProgress } from './topicIdentity.js'

/** What a reset means for one partition of the topic as it is now. */
export interface PartitionReset {
  readonly partition: number
  readonly before: PartitionProgress
  readonly after: PartitionProgress
  /** One past the last offset of the topic: `after.start` up to it is read into the new generation. */
  readonly end: bigint
  /** Why the partition is stopped; undefined when it is not, and a reset reads again what bronze has already. */
  readonly stopped: string | undefined
}

/** What a reset would do. */
export interface ResetPlan {
  readonly stream: string
  readonly topic: string
  readonly resets: readonly PartitionReset[]
  /** Partitions that were never ingested: they begin by themselves, and nothing is done to them. */
  readonly untouched: readonly number[]
}

/** How many times in a row other writers may win. */
const maxAttempts = 20

/** What {@link resetOffsets} would do now. Changes nothing. */
export async function planReset(lake: Lake, stream: Stream): Promise<ResetPlan> {
  return (await planOn(lake, stream, await bronzeState(lake, stream))).plan
}

/**
 * Begins a new generation of every partition of the topic that was ingested before: from now on the topic is read from
 * its first offset (by the stream's `startFrom`) as it is now. Rows and progress of older generations stay as they are.
 * One commit; a writer that is at work on the old generation loses its own.
 *
 * @param agreed the plan that was agreed to: when another reset came in between, this one does nothing
 * @returns the version committed, and what was done
 * @throws PipelineError NO_TABLE when bronze does not exist, CONTENDED when other writers won every time, or
 * another reset came in between
 */
export async function resetOffsets(
  lake: Lake,
  stream: Stream,
  agreed?: ResetPlan,
): Promise<{ readonly version: number; readonly plan: ResetPlan }> {
  const table = lake.table(bronzePath(stream))
  let wanted = agreed
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const { plan, state, partitions } = await planOn(lake, stream, await bronzeState(lake, stream))
    refuseOtherReset((wanted ??= plan), plan)
    if (plan.resets.length === 0) return { version: state.version, plan }
    const outcome = await table.commit({
      readVersion: state.version,
      actions: plan.resets
        .flatMap(({ before, after }) => progressTxns(state.metadata.id, stream.topic, before, after))
        .map(txn => ({ txn })),
      operation: 'RESET OFFSETS',
      operationParameters: { topic: stream.topic, generation: Math.max(...plan.resets.map(r => r.after.generation)) },
      isBlindAppend: false,
      reads: { files: 'none', appIds: touchesPartitions(state.metadata.id, stream.topic, partitions) },
    })
    if (outcome.kind === 'committed') return { version: outcome.version, plan }
    await lake.clock.sleep(Math.random() * 100 * attempt)
  }
  throw new PipelineError(
    'CONTENDED',
    `Other writers of bronze of ${stream.name} won ${maxAttempts} times in a row; try again.`,
    { retryable: true },
  )
}

async function bronzeState(lake: Lake, stream: Stream): Promise<TableState> {
  const state = await lake.table(bronzePath(stream)).state({ fresh: true })
  if (state !== undefined) return state
  throw new PipelineError('NO_TABLE', `There is no table ${bronzePath(stream)}, so there are no offsets to reset.`)
}

async function planOn(lake: Lake, stream: Stream, state: TableState) {
  const progress = readProgress(state.metadata.id, stream.topic, state.txns)
  const resets: PartitionReset[] = []
  const untouched: number[] = []
  const partitions = (await lake.source.offsets(stream.topic)).map(({ partition }) => partition)
  // Before the starts: of a topic that is recreated in between, an older id is noticed, an older start would not be.
  const identities = await identify(lake.source, stream.topic, partitions)
  const logs = await lake.source.offsets(stream.topic)
  const begun = [...progress.values()].filter(({ partition, stop }) => stop === undefined && identities.has(partition))
  const check = await checkTopic(lake, stream, begun)
  for (const log of logs) {
    const before = progress.get(log.partition)
    if (before === undefined) {
      untouched.push(log.partition)
      continue
    }
    const stop = before.stop ?? check.stops.get(log.partition)
    const start = await firstOffset(lake.source, stream, log)
    const after = {
      ...initialProgress(log.partition, start, identities.get(log.partition)),
      generation: before.generation + 1,
      updatedAt: lake.clock.now(),
    }
    const stopped = stop === undefined ? undefined : stopError(stream.name, stream.topic, before, stop).message
    resets.push({ partition: log.partition, before, after, end: log.end, stopped })
  }
  const plan: ResetPlan = { stream: stream.name, topic: stream.topic, resets, untouched }
  return { plan, state, partitions: new Set(logs.map(log => log.partition)) }
}

/** Two resets must not become two generations of the same topic: every record would be there twice. */
function refuseOtherReset(agreed: ResetPlan, now: ResetPlan): void {
  const generations = new Map(agreed.resets.map(r => [r.partition, r.after.generation]))
  const other = now.resets.find(r => (generations.get(r.partition) ?? r.after.generation) !== r.after.generation)
  if (other === undefined) return
  throw new PipelineError(
    'CONTENDED',
    `Another reset of ${agreed.stream} came first: partition ${other.partition} is in generation ${other.before.generation} already. Nothing was done.`,
    { data: { stream: agreed.stream, partition: other.partition, generation: other.before.generation } },
  )
}
