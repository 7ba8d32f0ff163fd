import { bronzePath, type Stream } from '../../contract/index.js'
import { type Action, discard, type TableState } from '../../delta/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { accounting, countsOf, joinRanges, writtenBy } from './append.js'
import type { BackfillRange } from './backfillPlan.js'
import { endIn, isRival, txnsOf } from './backfillProgress.js'
import type { BackfillOptions, BackfillResult } from './backfillResult.js'
import type { EncodedRange, EncodedRows } from './encode.js'
import { openBronze } from './openBronze.js'
import { readProgress } from './progress.js'
import { stopError } from './stopReason.js'
import { checkTopic } from './topicIdentity.js'

/** How many times in a row other writers may win. */
const maxPlans = 50

/** Commits what a backfill has read, one after the other. */
export class BackfillCommitter {
  readonly #lake: Lake
  readonly #stream: Stream
  readonly #run: StepRun
  readonly #options: BackfillOptions
  readonly #total: bigint
  readonly #done = {
    rows: 0,
    bytes: 0,
    commits: 0,
    version: undefined as number | undefined,
    offsets: 0n,
    recovered: 0n,
  }
  #turn: Promise<unknown> = Promise.resolve()

  constructor(lake: Lake, stream: Stream, run: StepRun, options: BackfillOptions, total: bigint) {
    this.#lake = lake
    this.#stream = stream
    this.#run = run
    this.#options = options
    this.#total = total
  }

  /** What was committed so far. */
  get done(): Omit<BackfillResult, 'stopped'> {
    return { ...this.#done }
  }

  /**
   * One past the last offset that a range still lacks, by whoever read it; its start when it lacks none.
   * @throws PipelineError TOPIC_RECREATED for a partition that is stopped; CONTENDED when the range does not end where
   *   bronze begins to have the offsets
   */
  async endOf(range: BackfillRange): Promise<bigint> {
    const { state } = await openBronze(this.#lake, this.#stream)
    const end = endIn(state, this.#stream, range)
    if (end <= range.end) return end
    // Nothing of it could ever be committed, however often it is tried.
    throw new PipelineError(
      'CONTENDED',
      `Offsets ${range.start} to ${range.end - 1n} of partition ${range.partition} of ${this.#stream.name} are not what bronze lacks now, which goes on to ${end - 1n}. Plan the backfill again.`,
      { retryable: true, data: { stream: this.#stream.name, partition: range.partition } },
    )
  }

  /**
   * Commits the pieces of a stretch from its end downwards.
   * @returns false when somebody else has read of it, and what is left was given up
   */
  async commitDown(range: BackfillRange, pieces: readonly EncodedRows[]): Promise<boolean> {
    const { bronzeMaxCommitRows } = this.#lake.settings
    let left = [...pieces]
    let { end } = range
    while (left.length > 0) {
      let rows = 0
      let from = left.length
      do rows += left[--from]?.rows ?? 0
      while (from > 0 && rows + (left[from - 1]?.rows ?? 0) <= bronzeMaxCommitRows)
      const some = left.slice(from)
      const start = some[0]?.ranges[0]?.from ?? range.start
      if (!(await this.#inTurn(() => this.#commit({ ...range, start, end }, some)))) {
        await discard(
          { store: this.#lake.store.within(bronzePath(this.#stream)) },
          left.flatMap(({ adds }) => adds),
        )
        return false
      }
      left = left.slice(0, from)
      end = start
    }
    return true
  }

  /** Commits of one process would only win against each other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #commit(range: BackfillRange, encoded: readonly EncodedRows[]): Promise<boolean> {
    const { clock } = this.#lake
    for (let plan = 1; plan <= maxPlans; plan++) {
      const { table, state, metadata } = await openBronze(this.#lake, this.#stream)
      if (endIn(state, this.#stream, range) !== range.end) return false
      await this.#requireSameTopic(state, range.partition)
      const ranges = joinRanges(encoded.flatMap(one => one.ranges))
      const counts = countsOf(encoded)
      const recovered = range.missingFrom === undefined ? 0n : range.end - range.start
      const outcome = await table.commit({
        readVersion: state.version,
        actions: [
          ...(metadata === undefined ? [] : [{ metaData: metadata }]),
          ...txnsOf(state, this.#stream, range, ranges, clock.now()).map((txn): Action => ({ txn })),
          ...encoded.flatMap(({ adds }) => adds).map((add): Action => ({ add })),
        ],
        operation: 'STREAMING UPDATE',
        operationParameters: { outputMode: 'Append', topic: this.#stream.topic, backfill: range.partition },
        operationMetrics: { numOutputRows: counts.rowsOut },
        info: {
          lake: {
            run: this.#run.inCommit(counts, false),
            bronze: { ...accounting(encoded, ranges), recovered: Number(recovered) },
          },
        },
        isBlindAppend: true,
        reads: { files: 'none', appIds: isRival(state, this.#stream.topic, range) },
      })
      if (outcome.kind === 'committed') {
        this.#count(range, encoded, { ...outcome, ranges, recovered })
        return true
      }
      await clock.sleep(Math.ceil(Math.random() * 50 * plan))
    }
    throw new PipelineError('CONTENDED', `Other writers won ${maxPlans} commits in a row on ${this.#stream.name}.`, {
      retryable: true,
    })
  }

  /** @throws what stops the partition, or keeps it from being asked */
  async #requireSameTopic({ metadata, txns }: TableState, partition: number): Promise<void> {
    const known = readProgress(metadata.id, this.#stream.topic, txns).get(partition)
    if (known === undefined) return
    const { name, topic } = this.#stream
    const { stops, failures } = await checkTopic(this.#lake, this.#stream, [known])
    const stop = stops.get(partition)
    if (stop !== undefined) throw stopError(name, topic, known, stop)
    const failure = failures.get(partition)
    if (failure !== undefined) throw failure
  }

  #count(
    { start, end }: BackfillRange,
    encoded: readonly EncodedRows[],
    committed: { readonly version: number; readonly ranges: readonly EncodedRange[]; readonly recovered: bigint },
  ): void {
    const counts = countsOf(encoded)
    const written = {
      kind: 'committed',
      version: committed.version,
      rows: counts.rowsOut,
      ranges: committed.ranges,
    } as const
    this.#run.committed(counts, writtenBy(this.#stream, written, encoded))
    for (const one of encoded) this.#options.rules.add(one)
    const done = this.#done
    done.commits++
    done.rows += counts.rowsOut
    done.bytes += encoded.reduce((sum, one) => sum + one.bytes, 0)
    done.version = committed.version
    done.offsets += end - start
    done.recovered += committed.recovered
    this.#options.onProgress?.({ rows: done.rows, covered: done.offsets, total: this.#total })
  }
}
