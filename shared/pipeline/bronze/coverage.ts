import type { OffsetRange, SourceRecord } from '../../sources/source.js'

/**
 * A stretch of one partition that is known in full: every offset from `from` to `position` (exclusive) is a record
 * here, or is missing, or is a natural hole. What is committed is always coverage, never a bare list of records.
 */
export interface Coverage {
  readonly partition: number
  readonly generation: number
  readonly from: bigint
  readonly position: bigint
  /** In offset order, each offset once. */
  readonly records: readonly SourceRecord[]
  /** Offsets the source had deleted before they were read. */
  readonly missing: readonly OffsetRange[]
  /** Records handed over for this partition, redelivered ones included. */
  readonly received: number
  /** Of those, records that were covered before or came twice in one delivery. */
  readonly redelivered: number
  /** Of the records, those that had to be read from the source because the delivery skipped them. */
  readonly repaired: number
}

/** How many offsets of the coverage are missing. Pure; no I/O. */
export function missingOffsets(coverage: Coverage): bigint {
  return coverage.missing.reduce((sum, r) => sum + (r.end - r.start), 0n)
}

/** How many offsets of the coverage never carried a record. Pure; no I/O. */
export function naturalHoles(coverage: Coverage): bigint {
  return coverage.position - coverage.from - BigInt(coverage.records.length) - missingOffsets(coverage)
}
