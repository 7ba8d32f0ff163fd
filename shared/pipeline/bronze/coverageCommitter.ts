import { bronzePath, type Stream } from '../../contract/index.js'
import { valuesOf } from '../../sources/index.js'
import type { OpenedTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { appendBronze, countsOf, writtenBy } from './append.js'
import { CommitThrottle } from './commitThrottle.js'
import { type Coverage, packCoverages, type PieceLimits } from './coverage.js'
import { encodeCoverage } from './encode.js'
import { ingestionTime } from './ingestionTime.js'
import { layoutOf, openBronze } from './openBronze.js'
import { adoptIdentities, recordStops } from './partitionFacts.js'
import type { PartitionProgress } from './progress.js'
import type { ReconciledDelivery } from './reconcileDelivery.js'
import { RuleCounts } from './ruleCounts.js'
import type { ErasedOffsets, Ingestion } from './validateRecord.js'

/** Per process: when each table was last committed to. */
const throttles = new WeakMap<Lake, CommitThrottle>()

/** Commits what was reconciled of a delivery, in pieces within the limits, and counts what it committed. */
export class CoverageCommitter {
  readonly done = { rows: 0, bytes: 0, version: undefined as number | undefined, redelivered: 0, missing: 0n }
  readonly rules: RuleCounts
  readonly #lake: Lake
  readonly #stream: Stream
  readonly #run: StepRun
  readonly #throttle: CommitThrottle
  readonly #limits: PieceLimits

  constructor(lake: Lake, stream: Stream, run: StepRun, limits: PieceLimits) {
    this.#lake = lake
    this.#stream = stream
    this.#run = run
    this.#limits = limits
    this.#throttle = throttles.get(lake) ?? new CommitThrottle(lake.clock, lake.settings.bronzeMinCommitInterval)
    throttles.set(lake, this.#throttle)
    this.rules = new RuleCounts(stream)
  }

  /**
   * Commits the coverage, and what was found to be stopped or has an identity now. With `isWhole` the last commit ends
   * the run.
   *
   * @returns why the plan no longer holds, or undefined when it is committed
   */
  async commit(
    bronze: OpenedTable,
    progress: ReadonlyMap<number, PartitionProgress>,
    reconciled: ReconciledDelivery,
    { erased, isWhole }: { readonly erased: ErasedOffsets | undefined; readonly isWhole: boolean },
  ): Promise<string | undefined> {
    const lake = this.#lake
    const stream = this.#stream
    const { stops, identities } = reconciled
    const groups = packCoverages(reconciled.coverages, this.#limits)
    for (const [n, group] of groups.entries()) {
      // A later piece goes on top of the commit of the one before it.
      const target = n === 0 ? bronze : await openBronze(lake, stream)
      if (target.state.metadata.id !== bronze.state.metadata.id) return 'the table was recreated'
      const final = isWhole && n === groups.length - 1
      const stale = await this.#commitGroup(target, group, { erased, identities, final })
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
    {
      erased,
      identities,
      final,
    }: {
      readonly erased: ErasedOffsets | undefined
      readonly identities: ReconciledDelivery['identities']
      readonly final: boolean
    },
  ): Promise<string | undefined> {
    const { store, clock } = this.#lake
    const stream = this.#stream
    const { table, state, metadata } = bronze
    const folder = store.within(bronzePath(stream))
    const readable = await readableStream(this.#lake, stream, coverages)
    const encoded = await encodeCoverage(folder, layoutOf(bronze), readable, coverages, ingestionOf(this.#lake, erased))
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
    this.#run.committed(counts, writtenBy(stream, outcome, [encoded]))
    this.rules.add(encoded)
    const { done } = this
    done.rows += outcome.rows
    done.bytes += encoded.bytes
    done.version = outcome.version
    for (const range of outcome.ranges) {
      done.redelivered += range.counts.redelivered
      done.missing += range.counts.missing
    }
    return undefined
  }
}

/** The stream with the schemas that the values of these records name. */
export function readableStream(lake: Lake, stream: Stream, coverages: readonly Coverage[]): Promise<Stream> {
  return lake.formats.readable(stream, valuesOf(coverages.flatMap(({ records }) => records)))
}

/** What encoding a record depends on besides it, from now on. */
export function ingestionOf(lake: Lake, erased?: ErasedOffsets): Ingestion {
  const { settings, listeners } = lake
  const followsSources = listeners.some(listener => listener.followsSources === true)
  return { ingestedAt: ingestionTime(lake), maxRawBytes: settings.bronzeMaxRawSize, erased, followsSources }
}
