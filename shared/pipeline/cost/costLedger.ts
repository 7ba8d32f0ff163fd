import { elapsedMs } from '../../storage/index.js'
import { type BilledExecutions, billedPartMs } from '../../telemetry/index.js'

/** A row of `cluster_logs` as far as it costs. Times are milliseconds since 1970. */
export interface CostedRun {
  readonly step: string
  readonly stream: string | undefined
  /** As SQL names it; undefined where the run is about several, or was recorded by a version that did not say. */
  readonly table: string | undefined
  readonly outcome: string
  readonly startTime: number
  readonly endTime: number
  readonly durationMs: number
  /** How long its execution had lasted when it began; undefined for the first run of one. */
  readonly executionOffsetMs: number | undefined
  readonly rowsOut: number
  readonly bytesOut: number
  readonly reads: number
  readonly writes: number
  readonly lists: number
  readonly deletes: number
  /** What the run itself put down, by the prices of then. */
  readonly estimatedCostUsd: number
}

/** Runs added up; they are priced once, as sums. */
export interface RunSums extends BilledExecutions {
  /** Of one execution there may be several. */
  readonly runs: number
  readonly rowsOut: number
  readonly bytesOut: number
  readonly estimatedCostUsd: number
}

/** The runs of one step for one table of one stream. */
export interface StepSums {
  readonly step: string
  readonly stream: string | undefined
  /** As in {@link CostedRun}. */
  readonly table?: string | undefined
  /** Runs that did something, failed ones too. */
  readonly busy: RunSums
  /** Runs that found nothing to do. */
  readonly idle: RunSums
}

/** What a ledger comes to: its steps, and from the first start to the last end. */
export interface LedgerSums {
  readonly steps: readonly StepSums[]
  readonly from: number
  readonly to: number
}

/** Nothing added up. */
export const noRuns: RunSums = {
  runs: 0,
  executions: 0,
  durationMs: 0,
  minimumMs: 0,
  storage: { reads: 0, writes: 0, lists: 0, deletes: 0 },
  rowsOut: 0,
  bytesOut: 0,
  estimatedCostUsd: 0,
}

/** Adds runs up one by one; memory grows with the steps and tables, not with the runs. */
export class CostLedger {
  readonly #steps = new Map<string, StepSums>()
  readonly #minimumMs: number
  readonly #now: number
  #ahead = 0
  #first = Infinity
  #last = -Infinity

  /**
   * @param minimumMs the least time that an execution is billed for
   * @param now milliseconds since 1970, of the storage's clock
   */
  constructor(minimumMs: number, now: number) {
    this.#minimumMs = minimumMs
    this.#now = now
  }

  /** A ledger that goes on from sums of another one. */
  static of(sums: LedgerSums, minimumMs: number, now: number): CostLedger {
    const ledger = new CostLedger(minimumMs, now)
    ledger.addSums(sums)
    return ledger
  }

  /** Sums of another ledger. */
  addSums({ steps, from, to }: LedgerSums): void {
    for (const { step, stream, table, busy, idle } of steps) {
      const key = JSON.stringify([step, stream, table])
      const before = this.#steps.get(key)
      this.#steps.set(
        key,
        before === undefined
          ? { step, stream, table, busy, idle }
          : { ...before, busy: addRuns(before.busy, busy), idle: addRuns(before.idle, idle) },
      )
    }
    this.#first = Math.min(this.#first, from)
    this.#last = Math.max(this.#last, to)
  }

  /**
   * Adds a run, or as many as are alike. One that lies in the future is counted and left out: when it was, and so what a
   * month would cost, is not known.
   */
  add(run: CostedRun, alike = 1): void {
    if (alike === 0) return
    if (elapsedMs(run.endTime, this.#now) === undefined) {
      this.#ahead += alike
      return
    }
    const { step, stream, table } = run
    const key = JSON.stringify([step, stream, table])
    const before = this.#steps.get(key) ?? { step, stream, table, busy: noRuns, idle: noRuns }
    const kind = run.outcome === 'nothingToDo' || run.outcome === 'paused' ? 'idle' : 'busy'
    this.#steps.set(key, { ...before, [kind]: addRuns(before[kind], this.#sumsOf(run, alike)) })
    this.#first = Math.min(this.#first, run.startTime, run.endTime)
    this.#last = Math.max(this.#last, run.endTime)
  }

  /** Runs that lie in the future: a clock was wrong then, or is wrong now. */
  get ahead(): number {
    return this.#ahead
  }

  get steps(): readonly StepSums[] {
    return [...this.#steps.values()]
  }

  /** From the first start to the last end; undefined without runs. */
  get span(): { readonly from: number; readonly to: number } | undefined {
    return this.#steps.size === 0 ? undefined : { from: this.#first, to: this.#last }
  }

  #sumsOf(run: CostedRun, alike: number): RunSums {
    return {
      runs: alike,
      executions: run.executionOffsetMs === undefined ? alike : 0,
      durationMs: alike * run.durationMs,
      minimumMs: alike * (billedPartMs(run.durationMs, run.executionOffsetMs, this.#minimumMs) - run.durationMs),
      storage: {
        reads: alike * run.reads,
        writes: alike * run.writes,
        lists: alike * run.lists,
        deletes: alike * run.deletes,
      },
      rowsOut: alike * run.rowsOut,
      bytesOut: alike * run.bytesOut,
      estimatedCostUsd: alike * run.estimatedCostUsd,
    }
  }
}

/** Both together. */
export function addRuns(a: RunSums, b: RunSums): RunSums {
  return {
    runs: a.runs + b.runs,
    executions: a.executions + b.executions,
    durationMs: a.durationMs + b.durationMs,
    minimumMs: a.minimumMs + b.minimumMs,
    storage: {
      reads: a.storage.reads + b.storage.reads,
      writes: a.storage.writes + b.storage.writes,
      lists: a.storage.lists + b.storage.lists,
      deletes: a.storage.deletes + b.storage.deletes,
    },
    rowsOut: a.rowsOut + b.rowsOut,
    bytesOut: a.bytesOut + b.bytesOut,
    estimatedCostUsd: a.estimatedCostUsd + b.estimatedCostUsd,
  }
}
