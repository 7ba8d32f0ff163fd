import type { LogData } from './logger.js'
import type { RunRecord } from './runRecord.js'
import type { TraceContext } from './traceContext.js'

/** What a run has written, and of a stream which offsets of the source it covered. */
export interface WrittenTable {
  /** As SQL names it. */
  readonly table: string
  readonly version: number
  readonly ranges: readonly CoveredRange[]
  /** Records and rows by what became of them; `late` are of those inserted, `anomalies` of those scored. */
  readonly rows?: Readonly<Record<string, number>> | undefined
  /** The table it was made from, as SQL names it, and its version as far as it was read. */
  readonly source?: { readonly table: string; readonly version: number } | undefined
  /** Spans that its rows come from: of records, or of the runs that wrote the source; at most `mostLinks`. */
  readonly links?: readonly TraceContext[] | undefined
  /** How long each commit took, milliseconds. */
  readonly commitMs?: readonly number[] | undefined
}

/** Offsets `from` (inclusive) to `to` (exclusive) of a partition. */
export interface CoveredRange {
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
}

/** A run that begins. */
export type StartedRun = Pick<RunRecord, 'runId' | 'step' | 'stream' | 'trigger' | 'startTime'>

/**
 * Who hears of the runs of a process: logs, metrics, lineage. It must not throw, and nothing waits for it: a run is never
 * hurt or held up by who listens.
 */
export interface RunListener {
  /** Whether it asks for the `links` of what is written: nobody looks for them otherwise. */
  readonly followsSources?: boolean | undefined
  started?(run: StartedRun): void
  /** The run is over, whatever its outcome; `written` is undefined where it committed nothing. */
  ended?(run: RunRecord, written: WrittenTable | undefined): void
  /** The monitor has written these rows of `monitor_logs`, by column; times are ISO 8601. */
  observed?(rows: readonly LogData[]): void
  /** Sends what is gathered. */
  close?(): Promise<void>
}
