import { canStop, type Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import type { OffsetRange } from '../../sources/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { type CatchUpResult, catchUpStream } from './catchUp.js'
import type { PieceLimits } from './coverage.js'
import { CoverageCommitter, ingestionOf, readableStream } from './coverageCommitter.js'
import { bytesInWork, type Delivery, ofPartitions, partitionsOf } from './delivery.js'
import { erasedOffsets } from './erasedOffsets.js'
import { openBronze } from './openBronze.js'
import { stoppedError } from './partitionFault.js'
import { pinStartOffset } from './pinStartOffset.js'
import { type PartitionProgress, readProgress } from './progress.js'
import { failuresOf, type ReconciledDelivery, reconcileDelivery } from './reconcileDelivery.js'
import type { RuleCounts } from './ruleCounts.js'
import type { ErasedOffsets } from './validateRecord.js'

/**
 * What became of one delivery: the rows committed, the bytes of their files and the version of the last commit, if
 * there was one; `missing` are offsets that the source had deleted.
 */
export interface IngestResult {
  readonly rows: number
  readonly bytes: number
  readonly version: number | undefined
  /** Delivered before, dropped. */
  readonly redelivered: number
  readonly missing: bigint
  /**
   * What keeps partitions of the delivery from being ingested, whoever delivers them again: they are stopped, or the
   * source cannot give what they need. The others are committed.
   */
  readonly failure: CodedError | undefined
  readonly rules: RuleCounts
}

/** Other writers can only win so often with the offsets of one delivery: each time, the delivery shrinks. */
const maxPlans = 50

/** So many streams' deliveries are at work at once before one waits for another. */
const concurrentDeliveries = 2

type Attempt =
  | { readonly kind: 'done'; readonly result: IngestResult }
  | { readonly kind: 'planAgain' }
  | { readonly kind: 'repair'; readonly backlog: readonly OffsetRange[] }

/**
 * Ingests what a trigger delivered, in one commit, with whatever lies in the gaps of the delivery; in several when it exceeds
 * BRONZE_MAX_COMMIT_ROWS or its share of the budget. Each partition is independent of the others. When it returns,
 * every offset of the delivery is covered, or is of a partition that `failure` names: its records stay in the source,
 * and what is covered is kept in the table, so that a catch-up or a reset finds them, while to deliver them again would
 * only hold up the others. When it throws, the same delivery may come again.
 *
 * @throws SourceError of a partition that may be ingested later, after the others are committed
 */
export async function ingestDelivery(
  lake: Lake,
  stream: Stream,
  delivery: Delivery,
  run: StepRun,
): Promise<IngestResult> {
  return await new DeliveryIngestion(lake, stream, delivery, run).ingest()
}

class DeliveryIngestion {
  readonly #lake: Lake
  readonly #stream: Stream
  readonly #run: StepRun
  /** No repair goes on beyond it. */
  readonly #deadline: number
  readonly #limits: PieceLimits
  readonly #committer: CoverageCommitter
  /** What is left of the delivery. */
  #rest: Delivery
  #erased: ErasedOffsets | undefined

  constructor(lake: Lake, stream: Stream, delivery: Delivery, run: StepRun) {
    this.#lake = lake
    this.#stream = stream
    this.#run = run
    this.#deadline = lake.clock.monotonic() + lake.settings.kafkaMaxPollIntervalMs / 2
    this.#limits = { rows: lake.settings.bronzeMaxCommitRows, bytes: lake.budget.piece(concurrentDeliveries) }
    this.#rest = delivery
    this.#committer = new CoverageCommitter(lake, stream, run, this.#limits)
  }

  async ingest(): Promise<IngestResult> {
    const { done } = this.#committer
    for (let plan = 0; plan < maxPlans; plan++) {
      const outcome = await this.#attempt()
      if (outcome.kind === 'done') return outcome.result
      if (outcome.kind === 'planAgain') continue
      const repaired = await this.#repair(outcome.backlog)
      done.rows += repaired.rows
      done.bytes += repaired.bytes
      done.missing += repaired.missing
      done.version = repaired.version ?? done.version
    }
    const { topic } = this.#stream
    throw new PipelineError('CONTENDED', `Other writers won ${maxPlans} times over one delivery of ${topic}.`, {
      retryable: true,
    })
  }

  async #attempt(): Promise<Attempt> {
    const lake = this.#lake
    const stream = this.#stream
    // Before the table is read: what is planned must not grow old while it waits.
    using held = await lake.budget.acquire(bytesInWork(this.#rest, this.#limits.bytes))
    const bronze = await openBronze(lake, stream)
    if (await pinStartOffset(lake.source, stream, bronze, lake.clock.now())) return { kind: 'planAgain' }
    this.#erased = await erasedOffsets(lake, stream, bronze.state)
    const progress = readProgress(bronze.state.metadata.id, stream.topic, bronze.state.txns)
    const delivered = partitionsOf(this.#rest)
    const open = ofPartitions(this.#rest, partition => progress.get(partition)?.stop === undefined)
    const room = { offsets: BigInt(this.#limits.rows), bytes: this.#limits.bytes, held }
    const reconciled = await this.#passable(await reconcileDelivery(lake, stream, progress, open, room))
    const stale = await this.#committer.commit(bronze, progress, reconciled, {
      erased: this.#erased,
      isWhole: this.#isWhole(progress, reconciled),
    })
    if (stale !== undefined) {
      lake.log.debug('Bronze moved while a delivery was encoded; planning again.', {
        stream: stream.name,
        detail: stale,
      })
      return { kind: 'planAgain' }
    }
    const { backlog, coverages } = reconciled
    this.#committer.done.redelivered += reconciled.redelivered
    const settled = new Set([...reconciled.done, ...coverages.map(({ partition }) => partition)])
    this.#rest = ofPartitions(this.#rest, partition => !settled.has(partition))
    if (backlog.length > 0) return { kind: 'repair', backlog }
    const errors = failuresOf(stream, delivered, progress, reconciled)
    const passing = stoppedError(errors.filter(error => error.retryable))
    if (passing !== undefined) throw passing
    return {
      kind: 'done',
      result: { ...this.#committer.done, failure: stoppedError(errors), rules: this.#committer.rules },
    }
  }

  /** Without what expectations do not let pass; partitions that end there fail. */
  async #passable(reconciled: ReconciledDelivery): Promise<ReconciledDelivery> {
    if (!canStop(this.#stream.actions)) return reconciled
    const { passableDelivery } = await import('./brokenExpectation.js')
    return passableDelivery(
      await readableStream(this.#lake, this.#stream, reconciled.coverages),
      reconciled,
      ingestionOf(this.#lake, this.#erased),
    )
  }

  /** Whether nothing of the delivery is left once this is committed. */
  #isWhole(
    progress: ReadonlyMap<number, PartitionProgress>,
    { stops, failures, backlog }: ReconciledDelivery,
  ): boolean {
    return (
      stops.size + failures.size + backlog.length === 0 &&
      [...partitionsOf(this.#rest)].every(partition => progress.get(partition)?.stop === undefined)
    )
  }

  /** Ingests long gaps on their own, in chunks, as far as time allows. */
  async #repair(backlog: readonly OffsetRange[]): Promise<CatchUpResult> {
    const { clock } = this.#lake
    const until = new Map(backlog.map(range => [range.partition, range.end]))
    const budgetMs = Math.max(0, this.#deadline - clock.monotonic())
    const result = await catchUpStream(this.#lake, this.#stream, this.#run, {
      until,
      budgetMs,
      goesOn: true,
      rules: this.#committer.rules,
    })
    if (result.more || clock.monotonic() >= this.#deadline) {
      throw new PipelineError(
        'REPAIR_UNFINISHED',
        `A long gap in ${this.#stream.topic} is being read from the source; the next delivery goes on.`,
        { retryable: true },
      )
    }
    return result
  }
}
