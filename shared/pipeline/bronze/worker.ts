import type { EncodedRows } from './encode.js'
import type { RangeJob } from './rangeJob.js'

/** Something that can do one range job at a time: this thread, or a worker. */
export interface Worker {
  run(job: RangeJob): Promise<EncodedRows>
  close(): Promise<void>
}
