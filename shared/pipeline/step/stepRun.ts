import { asError, CodedError, isRetryable } from '../../errors.js'
import {
  type CoveredRange,
  encodeRun,
  redactError,
  type Run,
  type RunCounts,
  type RunEnd,
  type RunRecord,
  startRun,
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
}

/**
 * One run of one step: measured, and reported in the commits it makes. A run may commit several times; each commit
 * carries what the run had done by then, so that one that is killed is still known by its last commit.
 */
export class StepRun {
  readonly #run: Run
  #rowsIn = 0
  #rowsOut = 0
  #commits = 0
  #version: number | undefined
  #final = false
  #ended = false
  #table: string | undefined
  readonly #ranges: CoveredRange[] = []

  constructor(run: Run) {
    this.#run = run
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
    return { ...encodeRun(this.#run.finish({ outcome: 'committed', ...this.#total(counts) })), final }
  }

  /** That commit was made. */
  committed(counts: StepCounts, { table, version, ranges }: WrittenTable): void {
    this.#table = table
    this.#ranges.push(...ranges)
    this.#ended = this.#final
    this.#version = version
    this.#commits++
    this.#rowsIn += counts.rowsIn
    this.#rowsOut += counts.rowsOut
  }

  get runId(): string {
    return this.#run.runId
  }

  get startTime(): number {
    return this.#run.startTime
  }

  /** What was committed; undefined when nothing was. */
  get written(): WrittenTable | undefined {
    if (this.#table === undefined || this.#version === undefined) return undefined
    return { table: this.#table, version: this.#version, ranges: joined(this.#ranges) }
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

/** Which step is run, and what started it. */
export interface StepStart {
  readonly step: StepName
  readonly stream?: string | undefined
  readonly trigger: Trigger
  /** Whether a failure is thrown after it is recorded (a trigger must see it) or reported. */
  readonly rethrow?: boolean
}

/**
 * Runs a step and reports how it went. A run whose last commit reported its end is in that commit; any other goes to
 * the journal.
 *
 * @throws what the step throws, where the start says so
 */
export async function runStep(
  lake: Lake,
  start: StepStart,
  body: (run: StepRun) => Promise<StepResult>,
): Promise<StepReport> {
  const { step, stream } = start
  const { clock, journal } = lake
  const run = begin(lake, start)
  const { runId, startTime } = run
  for (const listener of lake.listeners) listener.started?.({ runId, step, stream, trigger: start.trigger, startTime })
  const ended = (record: RunRecord): RunRecord => {
    for (const listener of lake.listeners) listener.ended?.(record, run.written)
    return record
  }
  const began = clock.monotonic()
  const durationMs = () => Math.round(clock.monotonic() - began)
  try {
    const { rowsIn, rowsOut, version, more, detail, failure } = await body(run)
    const result = { version, rowsIn, rowsOut, more, detail }
    if (failure !== undefined) {
      const error = redactError(failure)
      await journal.add(ended(run.finish({ outcome: 'failed', error, rowsIn, rowsOut })))
      const failed = { step, stream, outcome: 'failed' as const, ...result, durationMs: durationMs() }
      return { ...failed, error: logFailure(lake, start, error) }
    }
    const outcome = version === undefined ? 'nothingToDo' : 'committed'
    const record = ended(run.finish({ outcome, rowsIn, rowsOut }))
    if (!run.ended) await journal.add(record)
    const report: StepReport = { step, stream, outcome, ...result, durationMs: durationMs() }
    logReport(lake, report)
    return report
  } catch (thrown) {
    // Whoever it is thrown to prints what it likes of it: the function host its message and stack.
    const error = redactError(asError(thrown))
    const logged = logFailure(lake, start, error)
    await journal.add(ended(run.finish({ outcome: 'failed', error })))
    if (start.rethrow === true) throw error
    const { commits, ...done } = run.done
    const detail = commits === 0 ? {} : { commits }
    return { step, stream, outcome: 'failed', ...done, detail, durationMs: durationMs(), error: logged }
  }
}

function begin({ store, clock, settings, prices }: Lake, { step, stream, trigger }: StepStart): StepRun {
  const instanceMemoryBytes = settings.instanceMemoryMb * 1024 * 1024
  return new StepRun(startRun({ step, stream, trigger, store, clock, instanceMemoryBytes, prices }))
}

function logReport({ log }: Lake, { step, stream, outcome, detail, rowsIn, rowsOut, version, durationMs }: StepReport) {
  log[outcome === 'committed' ? 'info' : 'debug'](`${nameOf({ step, stream })}: ${outcome}`, {
    ...detail,
    rowsIn,
    rowsOut,
    version,
    durationMs,
  })
}

function logFailure({ log }: Lake, start: StepStart, error: Error): NonNullable<StepReport['error']> {
  const code = error instanceof CodedError ? (error as CodedError).code : error.name
  const retryable = isRetryable(error)
  log[retryable ? 'warn' : 'error'](`${nameOf(start)} failed: ${error.message}`, { code, retryable })
  return { code, message: error.message, retryable }
}

const nameOf = ({ step, stream }: Pick<StepStart, 'step' | 'stream'>): string =>
  stream === undefined ? step : `${step} of ${stream}`
