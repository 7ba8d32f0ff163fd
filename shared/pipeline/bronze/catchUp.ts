import type { Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import type { OpenedTable } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { appendBronze, countsOf } from './append.js'
import { layoutOf, openBronze } from './bronzeTable.js'
import type { EncodedRows } from './encode.js'
import { firstOffset } from './firstOffset.js'
import { movingPartitions } from './movingPartitions.js'
import { openWorkers } from './openWorkers.js'
import { adoptIdentities, recordStops } from './partitionFacts.js'
import { isPartitionFault, setAside } from './partitionFault.js'
import { pinStartOffset } from './pinStartOffset.js'
import { type PartitionProgress, readProgress } from './progress.js'
import { stopError } from './stopReason.js'
import { checkTopic, type TopicCheck, unbegun } from './topicIdentity.js'
import type { PartitionQueue } from './worker.js'
import { WorkerPool } from './workerPool.js'

/** What bounds a catch-up, and who is notified of its progress. */
export interface CatchUpOptions {
  /**
   * Partitions whose coverage moved within that many milliseconds, by the storage's clock, are left to whoever moves
   * them.
   */
  readonly stalledForMs?: number | undefined
  /** Only up to these offsets (exclusive), by partition; every partition up to its end when absent. */
  readonly until?: ReadonlyMap<number, bigint> | undefined
  /** No new work is begun after that long. */
  readonly budgetMs?: number | undefined
  /** The run has more to do afterwards: no commit here ends it. */
  readonly goesOn?: boolean | undefined
  readonly onProgress?: ((done: CatchUpProgress) => void) | undefined
}

/** How far the catch-up of one stream is, after each of its commits. */
export interface CatchUpProgress {
  readonly rows: number
  /** Offsets covered by this run, and those it set out to cover. */
  readonly covered: bigint
  readonly total: bigint
}

/**
 * What a catch-up committed: data rows and the bytes of their files. `version` is that of its last commit, `missing`
 * the offsets that the source had deleted, and `more` says that offsets of partitions that can be ingested are left.
 */
export interface CatchUpResult {
  readonly rows: number
  readonly bytes: number
  readonly commits: number
  readonly version: number | undefined
  readonly missing: bigint
  readonly more: boolean
  /** Why partitions were not ingested to their ends; the others were. */
  readonly stopped: readonly CodedError[]
}

/** Rows of a partition's first job: a process that is ended again and again still gets somewhere. */
const firstChunkRows = 10_000

/** How many times in a row other writers may win before the run gives up for now. */
const maxStale = 50

/**
 * Brings bronze from what is covered to the partitions' ends as they are now, reading the source itself. Workers read,
 * validate, encode and upload side by side; commits are made one after the other, in offset order per partition. Before
 * each commit the topic is checked again: what was read may be of another one by now.
 */
export async function catchUpStream(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: CatchUpOptions = {},
): Promise<CatchUpResult> {
  const plan = await planQueues(lake, stream, options)
  const { queues, stopped } = plan
  const total = queues.reduce((sum, q) => sum + (q.end - q.next), 0n)
  const result = { rows: 0, bytes: 0, commits: 0, version: undefined as number | undefined, missing: 0n }
  if (total === 0n) return { ...result, more: false, stopped }

  const deadline = lake.clock.monotonic() + (options.budgetMs ?? Infinity)
  const isLate = () => lake.clock.monotonic() >= deadline
  const rowLimit = lake.settings.bronzeMaxCommitRows
  const maxRows = chunkRows(rowLimit, queues)
  let { layout } = plan
  const jobFor = (queue: PartitionQueue) => ({
    generation: queue.generation,
    range: { partition: queue.partition, start: queue.next, end: queue.end },
    log: plan.logs.get(queue.partition),
    layout,
    maxRows: queue.next === queue.first ? Math.min(maxRows, firstChunkRows) : maxRows,
    rowLimit,
    maxBytes: lake.budget.piece(workers.length),
    ingestedAt: lake.clock.now(),
    maxRawBytes: lake.settings.bronzeMaxRawSize,
  })
  const onFailure = (queue: PartitionQueue, error: unknown) => setAside(lake.source, stream.topic, queues, queue, error)
  const workers = await openWorkers(lake, stream, total)
  const pool = new WorkerPool(workers, queues, jobFor, onFailure)
  const allStopped = () => [...stopped, ...queues.flatMap(q => q.failure ?? [])]
  let covered = 0n
  let stale = 0
  try {
    pool.start()
    for (;;) {
      const encoded = await pool.take(rowLimit)
      if (encoded === undefined) break
      if (isLate()) pool.drain()
      const bronze = await openBronze(lake, stream)
      const { table, state, metadata } = bronze
      requireSameTable(plan.tableId, stream, state.metadata.id)
      layout = layoutOf(bronze)
      const check = await lookAgain(bronze, encoded)
      if (check.stops.size + check.failures.size > 0) {
        const errors = await tellStops(lake, stream, bronze, check)
        for (const queue of queues) queue.failure ??= errors.get(queue.partition)
        await startOver()
        continue
      }
      const counts = countsOf(encoded)
      const outcome = await appendBronze(table, {
        stream,
        state,
        metadata,
        encoded,
        identities: check.identities,
        now: lake.clock.now(),
        // A run that has yet to report a stopped partition does not end with this commit.
        run: run.inCommit(counts, pool.isIdle && allStopped().length === 0 && options.goesOn !== true),
      })
      if (outcome.kind === 'committed') {
        run.committed(counts)
        stale = 0
        result.commits++
        result.rows += outcome.rows
        result.bytes += encoded.reduce((sum, e) => sum + e.bytes, 0)
        result.version = outcome.version
        for (const range of outcome.ranges) {
          covered += range.position - range.from
          result.missing += range.counts.missing
        }
        options.onProgress?.({ rows: result.rows, covered, total })
        continue
      }
      if (++stale > maxStale) {
        throw new PipelineError(
          'CONTENDED',
          `Other writers won ${maxStale} commits in a row on bronze of ${stream.name}.`,
          {
            retryable: true,
          },
        )
      }
      await startOver()
    }
    return { ...result, more: queues.some(q => q.next < q.end && q.failure === undefined), stopped: allStopped() }
  } finally {
    await pool.close()
  }

  /** Goes on from what is covered, without the partitions that are not to be ingested. */
  async function startOver(): Promise<void> {
    await pool.pause()
    await rewind(lake, stream, plan.tableId, queues)
    if (!isLate()) pool.start()
  }

  function lookAgain({ state }: OpenedTable, encoded: readonly EncodedRows[]): Promise<TopicCheck> {
    const progress = readProgress(plan.tableId, stream.topic, state.txns)
    const partitions = new Set(encoded.flatMap(({ ranges }) => ranges.map(range => range.partition)))
    // Those that somebody stopped meanwhile are found when they are committed.
    const known = Array.from(partitions, partition => progress.get(partition) ?? plan.unbegun.get(partition))
    return checkTopic(
      lake,
      stream,
      known.flatMap(one => (one === undefined || one.stop !== undefined ? [] : [one])),
    )
  }
}

async function planQueues(lake: Lake, stream: Stream, { stalledForMs = 0, until }: CatchUpOptions) {
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
    else known.push(one ?? unbegun(partition, 0n, undefined))
  }
  const check = await checkTopic(lake, stream, known)
  for (const [partition, error] of await tellStops(lake, stream, bronze, check)) stopped.set(partition, error)
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
      if (one === undefined) begun.set(partition, unbegun(partition, next, check.identities.get(partition)))
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
    stopped: [...stopped.values()],
    logs,
    unbegun: begun,
    layout: layoutOf(bronze),
  }
}

/** Writes down what was found to be stopped. @returns what keeps partitions from being ingested, by partition */
async function tellStops(
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

/** Moves every queue to what is covered now: another writer has been there, and what was encoded beyond it is void. */
async function rewind(lake: Lake, stream: Stream, tableId: string, queues: readonly PartitionQueue[]): Promise<void> {
  const { state } = await openBronze(lake, stream)
  requireSameTable(tableId, stream, state.metadata.id)
  const progress = readProgress(tableId, stream.topic, state.txns)
  for (const queue of queues) {
    const known = progress.get(queue.partition)
    if (known?.stop !== undefined) queue.failure ??= stopError(stream.name, stream.topic, known, known.stop)
    if (known === undefined) queue.next = queue.first
    // A raised generation means that somebody reset the offsets: this run's plan no longer holds for the partition.
    else queue.next = known.generation === queue.generation ? known.covered + 1n : queue.end
  }
}

/** A recreated table knows nothing of what this run has planned on. */
function requireSameTable(planned: string, stream: Stream, found: string): void {
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

/** Rows of one job: large enough for good files, small enough that every worker has work and a commit holds several. */
function chunkRows(rowLimit: number, queues: readonly PartitionQueue[]): number {
  return Math.max(1, Math.floor(queues.length > 1 ? rowLimit / 2 : rowLimit * 0.9))
}
