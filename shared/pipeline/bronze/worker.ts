import type { EncodedRows } from './encode.js'
import type { RangeJob } from './rangeJob.js'

/** Something that can do one range job at a time: this thread, or a worker. */
export interface Worker {
  /** Until then it can take no job; absent where it can from the beginning. Rejected when it does not start. */
  readonly ready?: Promise<void> | undefined
  run(job: RangeJob): Promise<EncodedRows>
  /** Ends it, started or not. */
  close(): Promise<void>
}
