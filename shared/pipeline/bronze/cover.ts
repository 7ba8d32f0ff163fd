import type { Stream } from '../../contract/stream.js'
import type { OffsetRange, PartitionOffsets, Source, SourceRecord } from '../../sources/source.js'
import type { PipelineError } from '../pipelineError.js'
import type { Coverage } from './coverage.js'
import { planDelivery, type Delivery, type PartitionDelivery } from './delivery.js'
import { firstOffset } from './firstOffset.js'
import type { PartitionProgress } from './progress.js'
import { readRange, type RangePart } from './repair.js'
import { checkIdentity } from './topicIdentity.js'

/** What a delivery came to: what can be committed, what must be caught up first, and which partitions are stopped. */
export interface Covering {
  readonly coverages: readonly Coverage[]
  /** Jumps too long for one commit: to be ingested on their own, in chunks. */
  readonly backlog: readonly OffsetRange[]
  readonly stopped: readonly PipelineError[]
  /** Records of partitions in which everything was delivered before. */
  readonly redelivered: number
}

/** What the repair of one delivery may still read into memory. */
interface Room {
  offsets: bigint
  bytes: number
}

/** Of keys and values that jumps may add to a delivery. */
const maxRepairBytes = 64 * 2 ** 20

/**
 * Turns a delivery into coverage: drops what is covered, reads from the source whatever the delivery jumps over, and
 * stops partitions whose topic is not the one ingested before.
 *
 * @param maxGap the most offsets of all jumps together that are read into memory here
 * @param trusted partitions whose identity this process has checked before; added to
 */
export async function coverDelivery(
  source: Source,
  stream: Stream,
  progress: ReadonlyMap<number, PartitionProgress>,
  delivery: Delivery,
  maxGap: bigint,
  trusted: Set<string>,
): Promise<Covering> {
  let looked: Promise<readonly PartitionOffsets[]> | undefined
  const log = async (partition: number) => {
    const found = (await (looked ??= source.offsets(stream.topic))).find(p => p.partition === partition)
    if (found === undefined) throw new RangeError(`Topic ${stream.topic} has no partition ${partition}.`)
    return found
  }
  const expected = new Map<number, bigint>()
  for (const partition of partitionsOf(delivery)) {
    const known = progress.get(partition)
    const next = known === undefined ? await firstOffset(source, stream, await log(partition), placesOf(delivery, partition)) : known.covered + 1n
    expected.set(partition, next)
  }
  const room: Room = { offsets: maxGap, bytes: maxRepairBytes }
  const coverages: Coverage[] = []
  const backlog: OffsetRange[] = []
  const stopped: PipelineError[] = []
  let redelivered = 0
  for (const part of planDelivery(delivery, expected)) {
    const known = progress.get(part.partition)
    const identity = `${stream.topic}/${part.partition}/${known?.generation ?? 0}`
    // A redelivery is harmless, and a re-created topic looks just like it; only the source can tell them apart.
    if (known !== undefined && (part.redelivered > 0 || !trusted.has(identity))) {
      const error = await checkIdentity(source, stream.topic, known, await log(part.partition), part.tail)
      if (error !== undefined) {
        stopped.push(error)
        continue
      }
    }
    trusted.add(identity)
    if (part.position <= part.expected) {
      redelivered += part.redelivered
      continue
    }
    const logged = part.gap && (await log(part.partition))
    const coverage = await coverPartition(source, stream.topic, known?.generation ?? 0, part, logged, room)
    if (coverage !== undefined) coverages.push(coverage)
    else if (part.gap !== undefined) backlog.push({ partition: part.partition, start: part.expected, end: part.gap.end })
  }
  return { coverages, backlog, stopped, redelivered }
}

/** @returns undefined when the jump is more than there is room for */
async function coverPartition(
  source: Source,
  topic: string,
  generation: number,
  part: PartitionDelivery,
  log: PartitionOffsets | undefined,
  room: Room,
): Promise<Coverage | undefined> {
  const missing: OffsetRange[] = []
  const repaired: SourceRecord[] = []
  let holes = 0n
  if (part.gap !== undefined) {
    const delivered = new Set(part.records.map(r => r.offset))
    room.offsets -= part.gap.end - part.gap.start
    if (room.offsets < 0n) return undefined
    for await (const piece of readRange(source, topic, part.gap, log)) {
      if (piece.kind === 'missing') {
        missing.push(piece.range)
        continue
      }
      const found = piece.batch.records.filter(r => !delivered.has(r.offset))
      room.bytes -= bytesOf(found)
      if (room.bytes < 0) return undefined
      repaired.push(...found)
      holes += piece.batch.holes - goneSince(piece, part.records)
    }
  }
  // A record can be delivered and be gone from the source a moment later; what was delivered stands.
  const records = [...part.records, ...repaired].sort((a, b) => (a.offset < b.offset ? -1 : 1))
  return {
    partition: part.partition,
    generation,
    from: part.expected,
    position: part.position,
    records,
    missing: missing.flatMap(range => without(range, part.records)),
    holes,
    received: part.redelivered + part.records.length + repaired.length,
    redelivered: part.redelivered,
    repaired: repaired.length,
  }
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

function bytesOf(records: readonly SourceRecord[]): number {
  return records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0)
}

/** Everything delivered of a partition; an inexact record's time is not known, and never makes it the first. */
function placesOf(delivery: Delivery, partition: number): { readonly offset: bigint; readonly timestamp: number }[] {
  return [
    ...delivery.records.filter(r => r.partition === partition),
    ...delivery.reread.filter(r => r.partition === partition).map(({ offset }) => ({ offset, timestamp: -Infinity })),
  ]
}

function partitionsOf(delivery: Delivery): ReadonlySet<number> {
  return new Set([...delivery.records.map(r => r.partition), ...delivery.reread.map(r => r.partition)])
}
