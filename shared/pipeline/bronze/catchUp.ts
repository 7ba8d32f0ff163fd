import type { Stream } from '../../contract/index.js'
import type { DataFileLayout } from '../../delta/index.js'
import type { CodedError } from '../../errors.js'
import type { OpenedTable } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { appendBronze, type AppendOutcome, countsOf, writtenBy } from './append.js'
import {
  type CatchUpPlan,
  type CatchUpScope,
  planCatchUp,
  reportStops,
  requireSameTable,
  rewind,
} from './catchUpPlan.js'
import { ingestionOf } from './coverageCommitter.js'
import type { EncodedRows } from './encode.js'
import { layoutOf, openBronze } from './openBronze.js'
import { failQueue } from './partitionFault.js'
import { ChunkGrowth, chunkRows, type PartitionQueue } from './partitionQueue.js'
import { readProgress } from './progress.js'
import type { RangeJob } from './rangeJob.js'
import type { RuleCounts } from './ruleCounts.js'
import { checkTopic, type TopicCheck } from './topicIdentity.js'
import { type Worker } from './worker.js'
import { WorkerPool } from './workerPool.js'

/** What bounds a catch-up, and who is notified of its progress. */
export interface CatchUpOptions extends CatchUpScope {
  /** No new work is begun after that long. */
  readonly budgetMs?: number | undefined
  /** The run has more to do afterwards: no commit here ends it. */
  readonly goesOn?: boolean | undefined
  /** Takes in what each commit has. */
  readonly rules?: RuleCounts | undefined
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
  const plan = await planCatchUp(lake, stream, options)
  const catchUp = new CatchUp(lake, stream, run, options, plan)
  if (plan.total === 0n) return catchUp.result
  const { openWorkers } = await import('./openWorkers.js')
  return await catchUp.ingest(openWorkers(lake, stream, { offsets: plan.total, partitions: plan.queues.length }))
}

class CatchUp {
  readonly #lake: Lake
  readonly #stream: Stream
  readonly #run: StepRun
  readonly #options: CatchUpOptions
  readonly #plan: CatchUpPlan
  #deadline: number
  readonly #maxRows: number
  readonly #chunks = new ChunkGrowth()
  readonly #done = { rows: 0, bytes: 0, commits: 0, version: undefined as number | undefined, missing: 0n }
  #layout: DataFileLayout
  #covered = 0n
  /** How many times in a row another writer has won. */
  #stale = 0

  constructor(lake: Lake, stream: Stream, run: StepRun, options: CatchUpOptions, plan: CatchUpPlan) {
    this.#lake = lake
    this.#stream = stream
    this.#run = run
    this.#options = options
    this.#plan = plan
    this.#deadline = lake.clock.monotonic() + (options.budgetMs ?? Infinity)
    this.#maxRows = chunkRows(lake.settings.bronzeMaxCommitRows, plan.queues)
    this.#layout = plan.layout
  }

  /** What was committed so far. */
  get result(): CatchUpResult {
    const more = this.#plan.queues.some(q => q.next < q.end && q.failure === undefined)
    return { ...this.#done, more, stopped: this.#stopped }
  }

  get #stopped(): readonly CodedError[] {
    return [...this.#plan.stopped, ...this.#plan.queues.flatMap(q => q.failure ?? [])]
  }

  get #isLate(): boolean {
    return this.#lake.clock.monotonic() >= this.#deadline
  }

  /** Puts the workers to work on the queues, and commits what they finish. They are closed in the end. */
  async ingest(workers: readonly Worker[]): Promise<CatchUpResult> {
    const { source, budget, settings } = this.#lake
    const { queues } = this.#plan
    const pool = new WorkerPool(
      workers,
      queues,
      queue => this.#jobFor(queue, budget.piece(workers.length)),
      (queue, error) => failQueue(source, this.#stream.topic, queues, queue, error),
    )
    try {
      pool.start()
      for (;;) {
        const encoded = await pool.take(settings.bronzeMaxCommitRows)
        if (encoded === undefined) return this.result
        if (this.#isLate) pool.drain()
        const paused = isPaused(this.#lake, this.#stream)
        paused.catch(() => undefined)
        const isCommitted = await this.#commit(encoded, pool)
        // Somebody wants the stream to stand still: as if its time were over.
        if (await paused) this.#deadline = -Infinity
        if (!isCommitted) await this.#startOver(pool)
      }
    } finally {
      await pool.close()
    }
  }

  #jobFor(queue: PartitionQueue, maxBytes: number): RangeJob {
    const { settings } = this.#lake
    return {
      generation: queue.generation,
      range: { partition: queue.partition, start: queue.next, end: queue.end },
      log: this.#plan.logs.get(queue.partition),
      layout: this.#layout,
      maxRows: this.#chunks.next(queue.partition, this.#maxRows),
      rowLimit: settings.bronzeMaxCommitRows,
      maxBytes,
      ...ingestionOf(this.#lake, this.#plan.erased),
    }
  }

  /** @returns false when the plan no longer holds: a partition is another one, or another writer was faster */
  async #commit(encoded: readonly EncodedRows[], pool: WorkerPool): Promise<boolean> {
    const lake = this.#lake
    const stream = this.#stream
    const bronze = await openBronze(lake, stream)
    const { table, state, metadata } = bronze
    requireSameTable(this.#plan.tableId, stream, state.metadata.id)
    this.#layout = layoutOf(bronze)
    const check = await this.#checkAgain(bronze, encoded)
    if (check.stops.size + check.failures.size > 0) {
      const errors = await reportStops(lake, stream, bronze, check)
      for (const queue of this.#plan.queues) queue.failure ??= errors.get(queue.partition)
      return false
    }
    const counts = countsOf(encoded)
    // A run that has yet to report a stopped partition does not end with this commit.
    const isLast = pool.isIdle && this.#stopped.length === 0 && this.#options.goesOn !== true
    const outcome = await appendBronze(table, {
      stream,
      state,
      metadata,
      encoded,
      identities: check.identities,
      now: lake.clock.now(),
      run: this.#run.inCommit(counts, isLast),
    })
    if (outcome.kind === 'committed') {
      this.#run.committed(counts, writtenBy(stream, outcome, encoded))
      this.#count(outcome, encoded)
      return true
    }
    if (++this.#stale <= maxStale) return false
    throw new PipelineError(
      'CONTENDED',
      `Other writers won ${maxStale} commits in a row on bronze of ${stream.name}.`,
      { retryable: true },
    )
  }

  #checkAgain({ state }: OpenedTable, encoded: readonly EncodedRows[]): Promise<TopicCheck> {
    const progress = readProgress(this.#plan.tableId, this.#stream.topic, state.txns)
    const partitions = new Set(encoded.flatMap(({ ranges }) => ranges.map(range => range.partition)))
    // Those that somebody stopped meanwhile are found when they are committed.
    const known = Array.from(
      partitions,
      partition => progress.get(partition) ?? this.#plan.newPartitions.get(partition),
    )
    return checkTopic(
      this.#lake,
      this.#stream,
      known.flatMap(one => (one === undefined || one.stop !== undefined ? [] : [one])),
    )
  }

  #count(
    { rows, version, ranges }: Extract<AppendOutcome, { kind: 'committed' }>,
    encoded: readonly EncodedRows[],
  ): void {
    const done = this.#done
    this.#stale = 0
    done.commits++
    for (const one of encoded) this.#options.rules?.add(one)
    done.rows += rows
    done.bytes += encoded.reduce((sum, e) => sum + e.bytes, 0)
    done.version = version
    for (const range of ranges) {
      this.#covered += range.position - range.from
      done.missing += range.counts.missing
    }
    this.#options.onProgress?.({ rows: done.rows, covered: this.#covered, total: this.#plan.total })
  }

  /** Goes on from what is covered, without the partitions that are not to be ingested. */
  async #startOver(pool: WorkerPool): Promise<void> {
    await pool.pause()
    await rewind(this.#lake, this.#stream, this.#plan)
    if (!this.#isLate) pool.start()
  }
}

async function isPaused({ store }: Lake, stream: Stream): Promise<boolean> {
  const { readPause } = await import('../pause/index.js')
  return (await readPause(store, stream)) !== undefined
}
