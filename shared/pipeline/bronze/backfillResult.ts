import type { CodedError } from '../../errors.js'
import type { CatchUpProgress } from './catchUp.js'
import type { RuleCounts } from './ruleCounts.js'

/** Who is told of a backfill's commits. */
export interface BackfillOptions {
  readonly rules: RuleCounts
  readonly onProgress?: ((done: CatchUpProgress) => void) | undefined
}

/** What a backfill committed. */
export interface BackfillResult {
  readonly rows: number
  readonly bytes: number
  readonly commits: number
  readonly version: number | undefined
  /** Offsets that are covered by rows now, or known as holes. */
  readonly offsets: bigint
  /** Of these the ones that had been recorded as missing. */
  readonly recovered: bigint
  /** Why partitions were not read to where they were to be; the others were. */
  readonly stopped: readonly CodedError[]
}
