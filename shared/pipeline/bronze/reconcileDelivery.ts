import type { Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import {
  type OffsetRange,
  partitionMissing,
  type PartitionOffsets,
  recordBytes,
  type Source,
  type SourceRecord,
  type TopicSurvey,
} from '../../sources/index.js'
import type { HeldBytes, Lake } from '../lake/index.js'
import type { Coverage, PieceLimits } from './coverage.js'
import { type Delivery, ofPartitions, type PartitionDelivery, partitionsOf, planDelivery } from './delivery.js'
import { recordDigest } from './digest.js'
import { firstOffset } from './firstOffset.js'
import { isPartitionFault } from './partitionFault.js'
import type { PartitionProgress } from './progress.js'
import { type RangePart, readRange } from './repair.js'
import { checkTopic, isTopicGone, type TopicIdentity, unbegun } from './topicIdentity.js'

/** What a delivery came to, partition by partition: each is independent of the others. */
export interface ReconciledDelivery {
  readonly coverages: readonly Coverage[]
  /** Jumps too long for one commit: to be ingested on their own, in chunks. */
  readonly backlog: readonly OffsetRange[]
  /** What the partitions' logs are known by, asked after everything had been delivered and read. */
  readonly identities: ReadonlyMap<number, TopicIdentity>
  /** Partitions that turned out not to be what was ingested: numbers of stopReason.ts. */
  readonly stops: ReadonlyMap<number, number>
  /** Partitions of which the source does not give what is needed. */
  readonly failures: ReadonlyMap<number, CodedError>
  /** Partitions in which everything was delivered before, or is no part of the topic any more. */
  readonly done: readonly number[]
  /** Records of those. */
  readonly redelivered: number
}

/** What the repair of one delivery may still read into memory. */
interface Room {
  offsets: bigint
  bytes: number
  /** What it reads is counted there. */
  readonly held: HeldBytes | undefined
}

/**
 * Turns a delivery into coverage: drops what is covered, reads from the source whatever the delivery jumps over, and
 * reports partitions whose topic is not the one ingested before.
 *
 * @param delivery nothing of stopped partitions
 * @param gaps the most offsets and bytes of all jumps together that are read into memory here
 * @param proven generations in which this process was delivered what their topic has; added to
 * @param held of the budget, grows by what is read
 */
export async function reconcileDelivery(
  lake: Lake,
  stream: Stream,
  progress: ReadonlyMap<number, PartitionProgress>,
  delivery: Delivery,
  gaps: PieceLimits,
  proven: Set<string>,
  held?: HeldBytes,
): Promise<ReconciledDelivery> {
  const { source } = lake
  const { topic } = stream
  let looked: Promise<TopicSurvey> | undefined
  const log = async (partition: number) => {
    const { partitions, unavailable } = await (looked ??= source.survey(topic))
    const found = partitions.find(p => p.partition === partition)
    if (found === undefined)
      throw unavailable.find(p => p.partition === partition)?.error ?? partitionMissing(topic, partition)
    return found
  }
  const failures = new Map<number, CodedError>()
  const byItself = async (partition: number, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      if (!isPartitionFault(error) && !isTopicGone(error)) throw error
      failures.set(partition, error)
    }
  }
  const expected = new Map<number, bigint>()
  for (const partition of partitionsOf(delivery)) {
    await byItself(partition, async () => {
      const known = progress.get(partition)
      const next =
        known === undefined
          ? await firstOffset(source, stream, await log(partition), placesOf(delivery, partition))
          : known.covered + 1n
      expected.set(partition, next)
    })
  }
  const room: Room = { offsets: BigInt(gaps.rows), bytes: gaps.bytes, held }
  const coverages: Coverage[] = []
  const backlog: OffsetRange[] = []
  const done = new Map<number, number>()
  for (const planned of planDelivery(
    ofPartitions(delivery, partition => expected.has(partition)),
    expected,
  )) {
    const { partition } = planned
    await byItself(partition, async () => {
      const generation = progress.get(partition)?.generation ?? 0
      const life = `${topic}/${partition}/${generation}`
      // What is delivered after a reset may have waited in a consumer since before the topic was recreated.
      const doubtful = generation > 0 && !proven.has(life) && planned.position > planned.expected
      const part = doubtful ? fromSource(planned, await log(partition)) : planned
      if (part.position <= part.expected) {
        if (doubtful) tellLeftOut(planned, 'beyond its end')
        done.set(partition, part.redelivered)
        return
      }
      const logged = part.gap && (await log(partition))
      const coverage = await reconcilePartition(source, topic, generation, part, logged, room)
      if (coverage === undefined) {
        if (part.gap !== undefined) backlog.push({ partition, start: part.expected, end: part.gap.end })
        return
      }
      coverages.push(coverage)
      if (!doubtful) return
      if (isPartOf(planned.records, coverage.records)) proven.add(life)
      else tellLeftOut(planned, 'with other records than the topic has')
    })
  }
  const known = Array.from(
    partitionsOf(delivery),
    partition => progress.get(partition) ?? unbegun(partition, expected.get(partition) ?? 0n, undefined),
  )
  const check = await checkTopic(lake, stream, known)
  for (const [partition, error] of check.failures) {
    // A topic that is gone is not another one: what was delivered of it stands, where nothing else is needed.
    if (!isTopicGone(error)) failures.set(partition, error)
  }
  for (const partition of check.stops.keys()) failures.delete(partition)
  const isWhole = ({ partition }: { readonly partition: number }) =>
    !check.stops.has(partition) && !failures.has(partition)
  const left = Array.from(done).filter(([partition]) => isWhole({ partition }))
  return {
    coverages: coverages.filter(isWhole),
    backlog: backlog.filter(isWhole),
    identities: check.identities,
    stops: check.stops,
    failures,
    done: left.map(([partition]) => partition),
    redelivered: left.reduce((sum, [, redelivered]) => sum + redelivered, 0),
  }

  function tellLeftOut({ partition, position, records }: PartitionDelivery, where: string): void {
    lake.log.warn(`Records were delivered ${where}: they are of the topic before it was recreated, and are left out.`, {
      topic,
      partition,
      position,
      records: records.length,
    })
  }
}

/** The same stretch, as far as the log has it, to be read from the source: what was delivered counts as redelivered. */
function fromSource(part: PartitionDelivery, { end }: PartitionOffsets): PartitionDelivery {
  const { partition, expected } = part
  const position = part.position < end ? part.position : end
  const gap = position > expected ? { partition, start: expected, end: position } : undefined
  return { ...part, records: [], position, gap, redelivered: part.received }
}

function isPartOf(delivered: readonly SourceRecord[], held: readonly SourceRecord[]): boolean {
  const digests = new Map(held.map(record => [record.offset, recordDigest(record)]))
  return delivered.length > 0 && delivered.every(record => digests.get(record.offset) === recordDigest(record))
}

/** @returns undefined when the jump is more than there is room for */
async function reconcilePartition(
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
    for await (const piece of readRange(source, topic, part.gap, log, { wantedBytes: room.bytes })) {
      if (piece.kind === 'missing') {
        missing.push(piece.range)
        continue
      }
      const found = piece.batch.records.filter(r => !delivered.has(r.offset))
      const size = found.reduce((sum, record) => sum + recordBytes(record), 0)
      room.held?.grow(size)
      room.bytes -= size
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

/** Everything delivered of a partition; an inexact record's time is not known, and never makes it the first. */
function placesOf(delivery: Delivery, partition: number): { readonly offset: bigint; readonly timestamp: number }[] {
  return [
    ...delivery.records.filter(r => r.partition === partition),
    ...delivery.reread.filter(r => r.partition === partition).map(({ offset }) => ({ offset, timestamp: -Infinity })),
  ]
}
