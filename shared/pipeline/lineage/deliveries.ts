import type { RunRecord, StartedRun, WrittenTable } from '../../telemetry/index.js'

/** A run as its end is told. */
export interface EndedRun {
  readonly run: RunRecord
  readonly written: WrittenTable | undefined
}

/** How long deliveries of a stream are one run to those who follow lineage. */
const togetherMs = 60_000

/** Whether a run is one of many a second: a delivery of a trigger. */
export function isDelivery({ step, trigger }: Pick<StartedRun, 'step' | 'trigger'>): boolean {
  return step === 'bronze' && (trigger === 'kafka' || trigger === 'eventhubs')
}

/**
 * Deliveries of one stream as one run: from the first to the end of the first that ends a minute later, or fails. It has
 * the id of the first, and what all have read and written. One event a delivery, with both schemas, would cost more than a
 * tenth of what small deliveries cost.
 */
export class Deliveries {
  readonly #start: (run: StartedRun) => void
  readonly #end: (ended: EndedRun) => void
  #open: StartedRun | undefined
  #sum: EndedRun | undefined
  #timer: NodeJS.Timeout | undefined
  #isDue = false

  /** @param start told of the first delivery when it begins, and `end` of all when they are over */
  constructor(start: (run: StartedRun) => void, end: (ended: EndedRun) => void) {
    this.#start = start
    this.#end = end
  }

  started(run: StartedRun): void {
    if (this.#open !== undefined) return
    this.#open = run
    this.#isDue = false
    this.#timer = setTimeout(() => {
      this.#isDue = true
      this.close()
    }, togetherMs).unref()
    this.#start(run)
  }

  ended(run: RunRecord, written: WrittenTable | undefined): void {
    // Deliveries of one stream may overlap: the run that this one began in can be over.
    this.started(run)
    this.#sum = sumOf(this.#sum, { run, written }, this.#open ?? run)
    if (this.#isDue || run.outcome === 'failed') this.close()
  }

  /** Ends the run with what has ended of it; while nothing has, it goes on. */
  close(): void {
    if (this.#sum === undefined) return
    clearTimeout(this.#timer)
    this.#end(this.#sum)
    this.#open = this.#sum = undefined
  }
}

function sumOf(before: EndedRun | undefined, { run, written }: EndedRun, first: StartedRun): EndedRun {
  const { runId, startTime } = first
  const isEmpty = run.outcome !== 'committed' && run.outcome !== 'failed'
  return {
    run: {
      ...run,
      runId,
      startTime,
      rowsIn: (before?.run.rowsIn ?? 0) + run.rowsIn,
      rowsOut: (before?.run.rowsOut ?? 0) + run.rowsOut,
      outcome: isEmpty ? (before?.run.outcome ?? run.outcome) : run.outcome,
    },
    written: newest(before?.written, written),
  }
}

const newest = (one: WrittenTable | undefined, other: WrittenTable | undefined) =>
  one !== undefined && one.version > (other?.version ?? -1) ? one : other
