import type { Stream } from '../../contract/stream.js'
import type { OffsetRange, PartitionOffsets, Source, SourceRecord } from '../../sources/source.js'
import type { PipelineError } from '../pipelineError.js'
import type { Coverage } from './coverage.js'
import { planDelivery, type Delivery, type PartitionDelivery } from './delivery.js'
import { firstOffset } from './firstOffset.js'
import type { PartitionProgress } from './progress.js'
import { readRange } from './repair.js'
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

/**
 * Turns a delivery into coverage: drops what is covered, reads from the source whatever the delivery jumps over, and
 * stops partitions whose topic is not the one ingested before.
 *
 * @param maxGap the most offsets of a jump that are read into memory here
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
    expected.set(partition, known === undefined ? await firstOffset(source, stream, await log(partition)) : known.covered + 1n)
  }
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
    } else if (part.gap !== undefined && part.gap.end - part.gap.start > maxGap) {
      backlog.push({ partition: part.partition, start: part.expected, end: part.gap.end })
    } else {
      coverages.push(await coverPartition(source, stream.topic, known?.generation ?? 0, part, part.gap && (await log(part.partition))))
    }
  }
  return { coverages, backlog, stopped, redelivered }
}

async function coverPartition(
  source: Source,
  topic: string,
  generation: number,
  part: PartitionDelivery,
  log: PartitionOffsets | undefined,
): Promise<Coverage> {
  const missing: OffsetRange[] = []
  const found: SourceRecord[] = []
  if (part.gap !== undefined) {
    for await (const piece of readRange(source, topic, part.gap, log)) {
      if (piece.kind === 'missing') missing.push(piece.range)
      else found.push(...piece.batch.records)
    }
  }
  const delivered = new Set(part.records.map(r => r.offset))
  const repaired = found.filter(r => !delivered.has(r.offset))
  // A record can be delivered and be gone from the source a moment later; what was delivered stands.
  const records = [...part.records, ...repaired].sort((a, b) => (a.offset < b.offset ? -1 : 1))
  return {
    partition: part.partition,
    generation,
    from: part.expected,
    position: part.position,
    records,
    missing: missing.flatMap(range => without(range, part.records)),
    received: part.redelivered + part.records.length + repaired.length,
    redelivered: part.redelivered,
    repaired: repaired.length,
  }
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

function partitionsOf(delivery: Delivery): ReadonlySet<number> {
  return new Set([...delivery.records.map(r => r.partition), ...delivery.reread.map(r => r.partition)])
}
