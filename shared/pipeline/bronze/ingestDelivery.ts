import { bronzePath, type Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import { type OffsetRange, valuesOf } from '../../sources/index.js'
import type { OpenedTable } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { appendBronze, countsOf, writtenBy } from './append.js'
import type { ErasedOffsets, Ingestion } from './boundedRecord.js'
import { layoutOf, openBronze } from './bronzeTable.js'
import { type CatchUpResult, catchUpStream } from './catchUp.js'
import { CommitThrottle } from './commitThrottle.js'
import { type Coverage, packCoverages, type PieceLimits } from './coverage.js'
import { bytesInWork, type Delivery, ofPartitions, partitionsOf } from './delivery.js'
import { encodeCoverage } from './encode.js'
import { erasedOffsets } from './erasedOffsets.js'
import { adoptIdentities, recordStops } from './partitionFacts.js'
import { canStop, stoppedError } from './partitionFault.js'
import { pinStartOffset } from './pinStartOffset.js'
import { type PartitionProgress, readProgress } from './progress.js'
import { failuresOf, type ReconciledDelivery, reconcileDelivery } from './reconcileDelivery.js'
import { RuleCounts } from './ruleCounts.js'

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

/** Per process: when each table was last committed to. */
const throttles = new WeakMap<Lake, CommitThrottle>()

/**
 * Ingests what a trigger delivered, in one commit, with whatever the delivery jumped over; in several when it exceeds
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
  readonly #throttle: CommitThrottle
  readonly #limits: PieceLimits
  /** What was done so far. */
  readonly #done = { rows: 0, bytes: 0, version: undefined as number | undefined, redelivered: 0, missing: 0n }
  readonly #rules: RuleCounts
  /** What is left of the delivery. */
  #rest: Delivery
  #erased: ErasedOffsets | undefined

  constructor(lake: Lake, stream: Stream, delivery: Delivery, run: StepRun) {
    this.#lake = lake
    this.#stream = stream
    this.#run = run
    this.#deadline = lake.clock.monotonic() + lake.settings.kafkaMaxPollIntervalMs / 2
    this.#throttle = throttles.get(lake) ?? new CommitThrottle(lake.clock, lake.settings.bronzeMinCommitInterval)
    throttles.set(lake, this.#throttle)
    this.#limits = { rows: lake.settings.bronzeMaxCommitRows, bytes: lake.budget.piece(concurrentDeliveries) }
    this.#rest = delivery
    this.#rules = new RuleCounts(stream)
  }

  async ingest(): Promise<IngestResult> {
    const done = this.#done
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
    const stale = await this.#commit(bronze, progress, reconciled)
    if (stale !== undefined) {
      lake.log.debug('Bronze moved while a delivery was encoded; planning again.', {
        stream: stream.name,
        detail: stale,
      })
      return { kind: 'planAgain' }
    }
    const { backlog, coverages } = reconciled
    this.#done.redelivered += reconciled.redelivered
    const settled = new Set([...reconciled.done, ...coverages.map(({ partition }) => partition)])
    this.#rest = ofPartitions(this.#rest, partition => !settled.has(partition))
    if (backlog.length > 0) return { kind: 'repair', backlog }
    const errors = failuresOf(stream, delivered, progress, reconciled)
    const passing = stoppedError(errors.filter(error => error.retryable))
    if (passing !== undefined) throw passing
    return { kind: 'done', result: { ...this.#done, failure: stoppedError(errors), rules: this.#rules } }
  }

  /** Without what expectations do not let pass; partitions that end there fail. */
  async #passable(reconciled: ReconciledDelivery): Promise<ReconciledDelivery> {
    if (!canStop(this.#stream)) return reconciled
    const { passableDelivery } = await import('./brokenExpectation.js')
    return passableDelivery(await this.#readable(reconciled.coverages), reconciled, this.#ingestion)
  }

  #readable(coverages: readonly Coverage[]): Promise<Stream> {
    return this.#lake.formats.readable(this.#stream, valuesOf(coverages.flatMap(({ records }) => records)))
  }

  get #ingestion(): Ingestion {
    const { clock, settings } = this.#lake
    return { ingestedAt: clock.now(), maxRawBytes: settings.bronzeMaxRawSize, erased: this.#erased }
  }

  /**
   * Commits the coverage, and what was found to be stopped or has an identity now.
   *
   * @returns why the plan no longer holds, or undefined when it is committed
   */
  async #commit(
    bronze: OpenedTable,
    progress: ReadonlyMap<number, PartitionProgress>,
    reconciled: ReconciledDelivery,
  ): Promise<string | undefined> {
    const lake = this.#lake
    const stream = this.#stream
    const { stops, failures, backlog, identities } = reconciled
    const isWhole =
      stops.size + failures.size + backlog.length === 0 &&
      [...partitionsOf(this.#rest)].every(partition => progress.get(partition)?.stop === undefined)
    const groups = packCoverages(reconciled.coverages, this.#limits)
    for (const [n, group] of groups.entries()) {
      // A later piece goes on top of the commit of the one before it.
      const target = n === 0 ? bronze : await openBronze(lake, stream)
      if (target.state.metadata.id !== bronze.state.metadata.id) return 'the table was recreated'
      const stale = await this.#commitGroup(target, group, identities, isWhole && n === groups.length - 1)
      if (stale !== undefined) return stale
    }
    if (!(await recordStops(bronze, stream, progress, stops, lake.clock.now())))
      return 'a partition that is to be stopped moved'
    if (groups.length === 0) await adoptIdentities(bronze, stream, progress, identities, lake.clock.now())
    return undefined
  }

  /** @returns why the plan no longer holds, or undefined when it is committed */
  async #commitGroup(
    bronze: OpenedTable,
    coverages: readonly Coverage[],
    identities: ReconciledDelivery['identities'],
    final: boolean,
  ): Promise<string | undefined> {
    const { store, clock } = this.#lake
    const stream = this.#stream
    const { table, state, metadata } = bronze
    const folder = store.within(bronzePath(stream))
    const readable = await this.#readable(coverages)
    const encoded = await encodeCoverage(folder, layoutOf(bronze), readable, coverages, this.#ingestion)
    await this.#throttle.wait(table.url)
    const counts = countsOf([encoded])
    const outcome = await appendBronze(table, {
      stream,
      state,
      metadata,
      encoded: [encoded],
      identities,
      now: clock.now(),
      run: this.#run.inCommit(counts, final),
    })
    if (outcome.kind === 'stale') return outcome.detail
    // The commit point is behind: what follows is best effort.
    this.#throttle.committed(table.url)
    this.#run.committed(counts, writtenBy(stream, outcome))
    this.#rules.add(encoded)
    const done = this.#done
    done.rows += outcome.rows
    done.bytes += encoded.bytes
    done.version = outcome.version
    for (const range of outcome.ranges) {
      done.redelivered += range.counts.redelivered
      done.missing += range.counts.missing
    }
    return undefined
  }

  /** Ingests long jumps on their own, in chunks, as far as time allows. */
  async #repair(backlog: readonly OffsetRange[]): Promise<CatchUpResult> {
    const { clock } = this.#lake
    const until = new Map(backlog.map(range => [range.partition, range.end]))
    const budgetMs = Math.max(0, this.#deadline - clock.monotonic())
    const result = await catchUpStream(this.#lake, this.#stream, this.#run, {
      until,
      budgetMs,
      goesOn: true,
      rules: this.#rules,
    })
    if (result.more || clock.monotonic() >= this.#deadline) {
      throw new PipelineError(
        'REPAIR_UNFINISHED',
        `A long jump in ${this.#stream.topic} is being read from the source; the next delivery goes on.`,
        { retryable: true },
      )
    }
    return result
  }
}
