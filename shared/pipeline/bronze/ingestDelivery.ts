import { bronzePath, type Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import { type OffsetRange, recordBytes } from '../../sources/index.js'
import type { OpenedTable } from '../incremental/index.js'
import { type HeldBytes, type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { appendBronze, countsOf } from './append.js'
import { layoutOf, openBronze } from './bronzeTable.js'
import { type CatchUpResult, catchUpStream } from './catchUp.js'
import { CommitThrottle } from './commitThrottle.js'
import { type Coverage, packCoverages } from './coverage.js'
import { type Delivery, ofPartitions, partitionsOf } from './delivery.js'
import { encodeCoverage } from './encode.js'
import { adoptIdentities, recordStops } from './partitionFacts.js'
import { stoppedError } from './partitionFault.js'
import { pinStartOffset } from './pinStartOffset.js'
import { readProgress } from './progress.js'
import { type ReconciledDelivery, reconcileDelivery } from './reconcileDelivery.js'
import { stopError } from './stopReason.js'

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
}

/** Other writers can only win so often with the offsets of one delivery: each time, the delivery shrinks. */
const maxPlans = 50

/** So many streams' deliveries are at work at once before one waits for another. */
const concurrentDeliveries = 2

type Attempt =
  | { readonly kind: 'done'; readonly result: IngestResult }
  | { readonly kind: 'planAgain' }
  | { readonly kind: 'repair'; readonly backlog: readonly OffsetRange[] }

/** Per process: generations that were delivered what their topic has, and when each table was last committed to. */
const provenGenerations = new WeakMap<Lake, Set<string>>()
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
  const deadline = lake.clock.monotonic() + lake.settings.kafkaMaxPollIntervalMs / 2
  const proven = memo(provenGenerations, lake, () => new Set<string>())
  const throttle = memo(throttles, lake, () => new CommitThrottle(lake.clock, lake.settings.bronzeMinCommitInterval))
  const done = { rows: 0, bytes: 0, version: undefined as number | undefined, redelivered: 0, missing: 0n }
  const limits = { rows: lake.settings.bronzeMaxCommitRows, bytes: lake.budget.piece(concurrentDeliveries) }
  let rest = delivery
  for (let plan = 0; plan < maxPlans; plan++) {
    // Before the table is read: what is planned must not grow old while it waits.
    const outcome = await lake.budget.during(bytesInWork(rest, limits.bytes), attempt)
    if (outcome.kind === 'done') return outcome.result
    if (outcome.kind === 'planAgain') continue
    const repaired = await repair(lake, stream, run, outcome.backlog, deadline)
    done.rows += repaired.rows
    done.bytes += repaired.bytes
    done.missing += repaired.missing
    done.version = repaired.version ?? done.version
  }
  throw new PipelineError('CONTENDED', `Other writers won ${maxPlans} times over one delivery of ${stream.topic}.`, {
    retryable: true,
  })

  async function attempt(held: HeldBytes): Promise<Attempt> {
    const bronze = await openBronze(lake, stream)
    if (await pinStartOffset(lake.source, stream, bronze, lake.clock.now())) return { kind: 'planAgain' }
    const { id } = bronze.state.metadata
    const progress = readProgress(id, stream.topic, bronze.state.txns)
    const stopped = [...progress.values()].filter(known => known.stop !== undefined)
    const isStopped = (partition: number) => progress.get(partition)?.stop !== undefined
    const covering = await reconcileDelivery(
      lake,
      stream,
      progress,
      ofPartitions(rest, p => !isStopped(p)),
      limits,
      proven,
      held,
    )
    const { stops, failures, backlog } = covering
    const delivered = partitionsOf(rest)
    const isLast =
      stops.size + failures.size + backlog.length === 0 && !stopped.some(known => delivered.has(known.partition))
    const groups = packCoverages(covering.coverages, limits)
    let stale: string | undefined
    for (const [n, group] of groups.entries()) {
      // A later piece goes on top of the commit of the one before it.
      const target = n === 0 ? bronze : await openBronze(lake, stream)
      if (target.state.metadata.id !== id) stale = 'the table was recreated'
      else stale = await commitGroup(target, group, covering, isLast && n === groups.length - 1)
      if (stale !== undefined) break
    }
    if (stale === undefined && !(await recordStops(bronze, stream, progress, stops, lake.clock.now())))
      stale = 'a partition that is to be stopped moved'
    if (stale !== undefined) {
      lake.log.debug('Bronze moved while a delivery was encoded; planning again.', {
        stream: stream.name,
        detail: stale,
      })
      return { kind: 'planAgain' }
    }
    done.redelivered += covering.redelivered
    const settled = new Set([...covering.done, ...covering.coverages.map(({ partition }) => partition)])
    if (groups.length === 0) await adoptIdentities(bronze, stream, progress, covering.identities, lake.clock.now())
    rest = ofPartitions(rest, partition => !settled.has(partition))
    if (backlog.length > 0) return { kind: 'repair', backlog }
    const errors: CodedError[] = []
    for (const partition of delivered) {
      const known = progress.get(partition)
      const stop = stops.get(partition) ?? known?.stop
      if (known !== undefined && stop !== undefined) errors.push(stopError(stream.name, stream.topic, known, stop))
    }
    errors.push(...failures.values())
    const passing = stoppedError(errors.filter(error => error.retryable))
    if (passing !== undefined) throw passing
    return { kind: 'done', result: { ...done, failure: stoppedError(errors) } }
  }

  /** @returns why the plan no longer holds, or undefined when it is committed */
  async function commitGroup(
    bronze: OpenedTable,
    coverages: readonly Coverage[],
    { identities }: ReconciledDelivery,
    final: boolean,
  ): Promise<string | undefined> {
    const { table, state, metadata } = bronze
    const store = lake.store.within(bronzePath(stream))
    const encoded = await encodeCoverage(
      store,
      layoutOf(bronze),
      stream,
      coverages,
      lake.clock.now(),
      lake.settings.bronzeMaxRawSize,
    )
    await throttle.wait(table.url)
    const counts = countsOf([encoded])
    const outcome = await appendBronze(table, {
      stream,
      state,
      metadata,
      encoded: [encoded],
      identities,
      now: lake.clock.now(),
      run: run.inCommit(counts, final),
    })
    if (outcome.kind === 'stale') return outcome.detail
    // The commit point is behind: what follows is best effort.
    throttle.committed(table.url)
    run.committed(counts)
    done.rows += outcome.rows
    done.bytes += encoded.bytes
    done.version = outcome.version
    for (const { counts: told } of outcome.ranges) {
      done.redelivered += told.redelivered
      done.missing += told.missing
    }
    return undefined
  }
}

/** Ingests long jumps on their own, in chunks, as far as time allows. */
async function repair(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  backlog: readonly OffsetRange[],
  deadline: number,
): Promise<CatchUpResult> {
  const until = new Map(backlog.map(range => [range.partition, range.end]))
  const budgetMs = Math.max(0, deadline - lake.clock.monotonic())
  const result = await catchUpStream(lake, stream, run, { until, budgetMs, goesOn: true })
  if (result.more || lake.clock.monotonic() >= deadline) {
    throw new PipelineError(
      'REPAIR_UNFINISHED',
      `A long jump in ${stream.topic} is being read from the source; the next delivery goes on.`,
      {
        retryable: true,
      },
    )
  }
  return result
}

/** What is made rows of at once: a piece, or a larger record by itself. */
function bytesInWork({ records }: Delivery, piece: number): number {
  let all = 0
  let largest = 0
  for (const record of records) {
    const size = recordBytes(record)
    all += size
    largest = Math.max(largest, size)
  }
  return Math.max(Math.min(all, piece), largest)
}

function memo<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
