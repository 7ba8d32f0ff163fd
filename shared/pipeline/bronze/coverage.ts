import { type OffsetRange, recordBytes, type SourceRecord } from '../../sources/index.js'
import type { Records } from './gatheredRecords.js'

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
  /** Offsets that never carried a record, as the source's reader counted them: see `SourceBatch`. */
  readonly holes: bigint
  /** Records delivered for this partition, redelivered ones included. */
  readonly received: number
  /** Of those, records that were covered before or came twice in one delivery. */
  readonly redelivered: number
  /** Of the records, those that had to be read from the source because the delivery skipped them. */
  readonly repaired: number
}

/** Coverage whose records need not be an array. */
export type Stretch = Omit<Coverage, 'records'> & { readonly records: Records }

/** How many offsets of the coverage are missing. */
export function missingOffsets(coverage: Pick<Coverage, 'missing'>): bigint {
  return coverage.missing.reduce((sum, r) => sum + (r.end - r.start), 0n)
}

/** What one commit may have of records; one of them it always may. */
export interface PieceLimits {
  readonly rows: number
  /** Of keys, values and headers. */
  readonly bytes: number
}

/**
 * The coverage in pieces within the limits, in order, so that each can be committed on its own. Where its holes lie is
 * not known: each piece has those that its offsets leave room for, and the last one what is left of them, so that the
 * pieces' holes are the coverage's.
 */
export function splitCoverage(coverage: Coverage, limits: PieceLimits): readonly Coverage[] {
  const { records } = coverage
  const ends = pieceEnds(records, limits)
  if (ends.length < 2) return [coverage]
  const pieces: Coverage[] = []
  let { from, holes } = coverage
  let at = 0
  for (const end of ends) {
    const position = records[end]?.offset ?? coverage.position
    const some = records.slice(at, end)
    const first = at === 0
    const missing = clip(coverage.missing, from, position)
    const room = position - from - BigInt(some.length) - missingOffsets({ missing })
    const ofPiece = end < records.length ? room : holes
    holes -= ofPiece
    pieces.push({
      ...coverage,
      from,
      position,
      records: some,
      missing,
      holes: ofPiece,
      received: some.length + (first ? coverage.received - records.length : 0),
      redelivered: first ? coverage.redelivered : 0,
      repaired: first ? coverage.repaired : 0,
    })
    from = position
    at = end
  }
  return pieces
}

/** Where each piece ends (exclusive). */
function pieceEnds(records: readonly SourceRecord[], limits: PieceLimits): readonly number[] {
  const ends: number[] = []
  let rows = 0
  let bytes = 0
  for (const [at, record] of records.entries()) {
    const size = recordBytes(record)
    if (rows > 0 && (rows === limits.rows || bytes + size > limits.bytes)) {
      ends.push(at)
      rows = 0
      bytes = 0
    }
    rows++
    bytes += size
  }
  if (rows > 0) ends.push(records.length)
  return ends
}

function clip(ranges: readonly OffsetRange[], from: bigint, to: bigint): readonly OffsetRange[] {
  return ranges.flatMap(range => {
    const start = range.start < from ? from : range.start
    const end = range.end > to ? to : range.end
    return start < end ? [{ ...range, start, end }] : []
  })
}

/** Pieces combined, in order, into groups within the limits. */
export function packCoverages(coverages: readonly Coverage[], limits: PieceLimits): readonly (readonly Coverage[])[] {
  const groups: Coverage[][] = []
  let rows = 0
  let bytes = 0
  for (const piece of coverages.flatMap(coverage => splitCoverage(coverage, limits))) {
    const size = piece.records.reduce((sum, record) => sum + recordBytes(record), 0)
    const group = groups.at(-1)
    if (group !== undefined && rows + piece.records.length <= limits.rows && bytes + size <= limits.bytes)
      group.push(piece)
    else {
      groups.push([piece])
      rows = 0
      bytes = 0
    }
    rows += piece.records.length
    bytes += size
  }
  return groups
}
