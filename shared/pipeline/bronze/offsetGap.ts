import {
  type OffsetRange,
  type PartitionOffsets,
  recordBytes,
  type Source,
  type SourceRecord,
} from '../../sources/index.js'
import type { HeldBytes } from '../lake/index.js'
import type { PartitionDelivery } from './delivery.js'
import { type RangePart, readRangeParts } from './rangeParts.js'

/** What the repair of one delivery may still read into memory. */
export interface RepairBudget {
  offsets: bigint
  bytes: number
  /** What it reads is counted there. */
  readonly held?: HeldBytes | undefined
}

/** What lies in the gap of a delivery, as the source has it. */
export interface GapRecords {
  /** Those that were not delivered. */
  readonly records: readonly SourceRecord[]
  /** Offsets the source had deleted before they were read, and that were not delivered. */
  readonly missing: readonly OffsetRange[]
  readonly holes: bigint
}

/** Of a delivery without a gap. */
export const noGap: GapRecords = { records: [], missing: [], holes: 0n }

/**
 * Reads what lies in the gap of a delivery.
 *
 * @param part the delivery, with its gap
 * @param log the partition's log as just looked up
 * @param room gets less by what is read
 * @returns undefined when the gap is more than there is room for
 */
export async function readGap(
  source: Source,
  topic: string,
  { gap, records: delivered }: PartitionDelivery & { readonly gap: OffsetRange },
  log: PartitionOffsets,
  room: RepairBudget,
): Promise<GapRecords | undefined> {
  const offsets = new Set(delivered.map(r => r.offset))
  const missing: OffsetRange[] = []
  const records: SourceRecord[] = []
  let holes = 0n
  room.offsets -= gap.end - gap.start
  if (room.offsets < 0n) return undefined
  for await (const piece of readRangeParts(source, topic, gap, log, { wantedBytes: room.bytes })) {
    if (piece.kind === 'missing') {
      missing.push(piece.range)
      continue
    }
    const found = piece.batch.records.filter(r => !offsets.has(r.offset))
    const size = found.reduce((sum, record) => sum + recordBytes(record), 0)
    room.held?.grow(size)
    room.bytes -= size
    if (room.bytes < 0) return undefined
    records.push(...found)
    holes += piece.batch.holes - goneSince(piece, delivered)
  }
  return { records, missing: missing.flatMap(range => without(range, delivered)), holes }
}

/** How many delivered records are holes in what was read: compacted away after they were delivered. */
function goneSince({ from, batch }: Extract<RangePart, { kind: 'read' }>, delivered: readonly SourceRecord[]): bigint {
  const read = new Set(batch.records.map(r => r.offset))
  return BigInt(delivered.filter(({ offset }) => offset >= from && offset < batch.position && !read.has(offset)).length)
}

/** The parts of a range at which none of the records stands. */
function without(range: OffsetRange, records: readonly SourceRecord[]): OffsetRange[] {
  const parts: OffsetRange[] = []
  let start = range.start
  for (const { offset } of records) {
    if (offset < start || offset >= range.end) continue
    if (offset > start) parts.push({ ...range, start, end: offset })
    start = offset + 1n
  }
  if (start < range.end) parts.push({ ...range, start })
  return parts
}
