import type { Clock } from '../../clock.js'
import {
  type CoveredRange,
  encodeRun,
  mostLinks,
  type Run,
  type RunCounts,
  type RunEnd,
  startRun,
  type TraceContext,
  type WrittenTable,
} from '../../telemetry/index.js'
import type { Json } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { StepName, StepReport } from './stepReport.js'

/** What started a run. */
export type Trigger = 'kafka' | 'eventhubs' | 'timer' | 'http' | 'command'

/** Rows taken from the source and rows written, in one commit or in all of them. */
export interface StepCounts {
  readonly rowsIn: number
  readonly rowsOut: number
}

/** What a step says of itself when it has ended well. */
export interface StepResult extends StepCounts {
  /** The last version committed; undefined when there was nothing to do. */
  readonly version: number | undefined
  readonly more?: boolean | undefined
  readonly detail: StepReport['detail']
  /**
   * What kept the step from a part of its work, the rest of which is done: the run counts as failed, and nothing is
   * thrown.
   */
  readonly failure?: Error | undefined
  /** That the stream is paused and nothing was done, in words. */
  readonly paused?: string | undefined
}

/** Which step is run, and what started it. */
export interface StepStart {
  readonly step: StepName
  readonly stream?: string | undefined
  /** The one table that it writes or maintains, as SQL names it: what the run costs is what this table costs. */
  readonly table?: string | undefined
  readonly trigger: Trigger
  /** Whether a failure is thrown after it is recorded (a trigger must see it) or reported. */
  readonly rethrow?: boolean
}

/**
 * One run of one step: measured, and reported in the commits it makes. A run may commit several times; each commit
 * carries what the run had done by then, so that one that is killed is still known by its last commit.
 */
export class StepRun {
  readonly start: StepStart
  /** Milliseconds of the lake's monotonic clock. */
  readonly startedAt: number
  readonly #run: Run
  readonly #clock: Clock
  #rowsIn = 0
  #rowsOut = 0
  #commits = 0
  #version: number | undefined
  #final = false
  #ended = false
  #table: string | undefined
  #source: WrittenTable['source']
  #commitBegan = 0
  readonly #ranges: CoveredRange[] = []
  readonly #rows = new Map<string, number>()
  readonly #links = new Map<string, TraceContext>()
  readonly #commitMs: number[] = []

  constructor(run: Run, start: StepStart, clock: Clock) {
    this.#run = run
    this.#clock = clock
    this.start = start
    this.startedAt = clock.monotonic()
  }

  /** What the run has committed up to now. */
  get done(): StepCounts & { readonly commits: number; readonly version: number | undefined } {
    return { commits: this.#commits, version: this.#version, rowsIn: this.#rowsIn, rowsOut: this.#rowsOut }
  }

  /**
   * The run's record for the commit that is about to be made.
   * @param final whether the run ends with it
   */
  inCommit(counts: StepCounts, final: boolean): Json {
    this.#final = final
    this.#commitBegan = this.#clock.monotonic()
    return { ...encodeRun(this.#run.finish({ outcome: 'committed', ...this.#total(counts) })), final }
  }

  /** That commit was made. */
  committed(counts: StepCounts, { table, version, ranges, rows = {}, source, links = [] }: WrittenTable): void {
    this.#table = table
    this.#source = source
    this.#ranges.push(...ranges)
    for (const [outcome, n] of Object.entries(rows)) this.#rows.set(outcome, (this.#rows.get(outcome) ?? 0) + n)
    for (const link of links) if (this.#links.size < mostLinks) this.#links.set(link.traceId + link.spanId, link)
    this.#commitMs.push(this.#clock.monotonic() - this.#commitBegan)
    this.#ended = this.#final
    this.#version = version
    this.#commits++
    this.#rowsIn += counts.rowsIn
    this.#rowsOut += counts.rowsOut
  }

  /** What was committed; undefined when nothing was. */
  get written(): WrittenTable | undefined {
    if (this.#table === undefined || this.#version === undefined) return undefined
    return {
      table: this.#table,
      version: this.#version,
      ranges: joined(this.#ranges),
      rows: Object.fromEntries(this.#rows),
      source: this.#source,
      links: [...this.#links.values()],
      commitMs: this.#commitMs,
    }
  }

  /** Whether the last commit reported the run's end: nothing more needs to be recorded of it. */
  get ended(): boolean {
    return this.#ended
  }

  /** The run as it ended; with what its commits brought, where the end does not say. */
  finish(end: RunEnd) {
    return this.#run.finish({ ...this.#total({ rowsIn: 0, rowsOut: 0 }), ...end })
  }

  #total(counts: StepCounts): RunCounts {
    return { rowsIn: this.#rowsIn + counts.rowsIn, rowsOut: this.#rowsOut + counts.rowsOut }
  }
}

/** Ranges of one partition that follow one another as one. */
function joined(ranges: readonly CoveredRange[]): readonly CoveredRange[] {
  const whole = new Map<number, CoveredRange>()
  const apart: CoveredRange[] = []
  for (const range of ranges) {
    const before = whole.get(range.partition)
    if (before !== undefined && before.to !== range.from) apart.push(before)
    whole.set(range.partition, before?.to === range.from ? { ...before, to: range.to } : range)
  }
  return [...apart, ...whole.values()].sort((a, b) => a.partition - b.partition)
}

/** Begins a run of a step; `reportStep` ends it. */
export function startStep({ store, clock, settings, prices, listeners }: Lake, start: StepStart): StepRun {
  const { step, stream, table, trigger } = start
  const instanceMemoryBytes = settings.instanceMemoryMb * 1024 * 1024
  const run = startRun({ step, stream, table, trigger, store, clock, instanceMemoryBytes, prices })
  const { runId, startTime } = run
  for (const listener of listeners) listener.started?.({ runId, step, stream, trigger, startTime })
  return new StepRun(run, start, clock)
}
