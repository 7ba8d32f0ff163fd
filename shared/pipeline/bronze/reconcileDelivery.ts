import type { Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import {
  type OffsetRange,
  partitionMissing,
  type PartitionOffsets,
  type SourceRecord,
  type TopicSurvey,
} from '../../sources/index.js'
import type { Lake } from '../lake/index.js'
import type { Coverage } from './coverage.js'
import { type Delivery, ofPartitions, type PartitionDelivery, partitionsOf, planDelivery } from './delivery.js'
import { recordDigest } from './digest.js'
import { firstOffset } from './firstOffset.js'
import { type GapRecords, noGap, readGap, type RepairBudget } from './offsetGap.js'
import { isPartitionFault } from './partitionFault.js'
import type { PartitionProgress } from './progress.js'
import { stopError } from './stopReason.js'
import { checkTopic, initialProgress, isTopicGone, type TopicIdentity } from './topicIdentity.js'

/** What a delivery came to, partition by partition: each is independent of the others. */
export interface ReconciledDelivery {
  readonly coverages: readonly Coverage[]
  /** Gaps too long for one commit: to be ingested on their own, in chunks. */
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

/** Per process: generations that were delivered what their topic has. */
const provenGenerations = new WeakMap<Lake, Set<string>>()

/**
 * Turns a delivery into coverage: drops what is covered, reads from the source whatever lies in its gaps, and
 * reports partitions whose topic is not the one ingested before.
 *
 * @param delivery nothing of stopped partitions
 * @param room for all gaps together; gets less by what is read
 */
export async function reconcileDelivery(
  lake: Lake,
  stream: Stream,
  progress: ReadonlyMap<number, PartitionProgress>,
  delivery: Delivery,
  room: RepairBudget,
): Promise<ReconciledDelivery> {
  return await new DeliveryReconciliation(lake, stream, progress, delivery, room).reconcile()
}

class DeliveryReconciliation {
  readonly #lake: Lake
  readonly #stream: Stream
  readonly #progress: ReadonlyMap<number, PartitionProgress>
  readonly #delivery: Delivery
  readonly #room: RepairBudget
  readonly #proven: Set<string>
  /** The first offset not covered yet, by partition. */
  readonly #expected = new Map<number, bigint>()
  readonly #coverages: Coverage[] = []
  readonly #backlog: OffsetRange[] = []
  /** Records of partitions in which everything was delivered before. */
  readonly #done = new Map<number, number>()
  readonly #failures = new Map<number, CodedError>()
  #survey: Promise<TopicSurvey> | undefined

  constructor(
    lake: Lake,
    stream: Stream,
    progress: ReadonlyMap<number, PartitionProgress>,
    delivery: Delivery,
    room: RepairBudget,
  ) {
    this.#lake = lake
    this.#stream = stream
    this.#progress = progress
    this.#delivery = delivery
    this.#room = room
    this.#proven = provenGenerations.get(lake) ?? new Set()
    provenGenerations.set(lake, this.#proven)
  }

  async reconcile(): Promise<ReconciledDelivery> {
    for (const partition of partitionsOf(this.#delivery)) {
      await this.#byItself(partition, async () => {
        this.#expected.set(partition, await this.#nextOffset(partition))
      })
    }
    const open = ofPartitions(this.#delivery, partition => this.#expected.has(partition))
    for (const part of planDelivery(open, this.#expected))
      await this.#byItself(part.partition, () => this.#reconcilePartition(part))
    return await this.#ofSameTopic()
  }

  async #byItself(partition: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isPartitionFault(error) && !isTopicGone(error)) throw error
      this.#failures.set(partition, error)
    }
  }

  async #nextOffset(partition: number): Promise<bigint> {
    const known = this.#progress.get(partition)
    if (known !== undefined) return known.covered + 1n
    const log = await this.#log(partition)
    return await firstOffset(this.#lake.source, this.#stream, log, placesOf(this.#delivery, partition))
  }

  /** The partition's log; the source is asked once for all of them. */
  async #log(partition: number): Promise<PartitionOffsets> {
    const { topic } = this.#stream
    const { partitions, unavailable } = await (this.#survey ??= this.#lake.source.survey(topic))
    const found = partitions.find(p => p.partition === partition)
    if (found !== undefined) return found
    throw unavailable.find(p => p.partition === partition)?.error ?? partitionMissing(topic, partition)
  }

  async #reconcilePartition(planned: PartitionDelivery): Promise<void> {
    const { partition } = planned
    const generation = this.#progress.get(partition)?.generation ?? 0
    const incarnation = `${this.#stream.topic}/${partition}/${generation}`
    // What is delivered after a reset may have waited in a consumer since before the topic was recreated.
    const doubtful = generation > 0 && !this.#proven.has(incarnation) && planned.position > planned.expected
    const part = doubtful ? fromSource(planned, await this.#log(partition)) : planned
    if (part.position <= part.expected) {
      if (doubtful) this.#warnLeftOut(planned, 'beyond its end')
      this.#done.set(partition, part.redelivered)
      return
    }
    const inGap = await this.#gapRecordsOf(part)
    if (inGap === undefined) {
      if (part.gap !== undefined) this.#backlog.push({ partition, start: part.expected, end: part.gap.end })
      return
    }
    const coverage = coverageOf(part, inGap, generation)
    this.#coverages.push(coverage)
    if (!doubtful) return
    if (isPartOf(planned.records, coverage.records)) this.#proven.add(incarnation)
    else this.#warnLeftOut(planned, 'with other records than the topic has')
  }

  async #gapRecordsOf({ gap, ...part }: PartitionDelivery): Promise<GapRecords | undefined> {
    if (gap === undefined) return noGap
    const log = await this.#log(part.partition)
    return await readGap(this.#lake.source, this.#stream.topic, { ...part, gap }, log, this.#room)
  }

  /** What was found, without the partitions that are not those ingested before. */
  async #ofSameTopic(): Promise<ReconciledDelivery> {
    const failures = this.#failures
    const known = Array.from(
      partitionsOf(this.#delivery),
      partition =>
        this.#progress.get(partition) ?? initialProgress(partition, this.#expected.get(partition) ?? 0n, undefined),
    )
    const { identities, stops, failures: unasked } = await checkTopic(this.#lake, this.#stream, known)
    for (const [partition, error] of unasked) {
      // A topic that is gone is not another one: what was delivered of it stands, where nothing else is needed.
      if (!isTopicGone(error)) failures.set(partition, error)
    }
    for (const partition of stops.keys()) failures.delete(partition)
    const isWhole = ({ partition }: { readonly partition: number }) => !stops.has(partition) && !failures.has(partition)
    const done = Array.from(this.#done).filter(([partition]) => isWhole({ partition }))
    return {
      coverages: this.#coverages.filter(isWhole),
      backlog: this.#backlog.filter(isWhole),
      identities,
      stops,
      failures,
      done: done.map(([partition]) => partition),
      redelivered: done.reduce((sum, [, redelivered]) => sum + redelivered, 0),
    }
  }

  #warnLeftOut({ partition, position, records }: PartitionDelivery, where: string): void {
    this.#lake.log.warn(
      `Records were delivered ${where}: they are of the topic before it was recreated, and are left out.`,
      { topic: this.#stream.topic, partition, position, records: records.length },
    )
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

function coverageOf(part: PartitionDelivery, inGap: GapRecords, generation: number): Coverage {
  return {
    partition: part.partition,
    generation,
    from: part.expected,
    position: part.position,
    // A record can be delivered and be gone from the source a moment later; what was delivered stands.
    records: [...part.records, ...inGap.records].sort((a, b) => (a.offset < b.offset ? -1 : 1)),
    missing: inGap.missing,
    holes: inGap.holes,
    received: part.redelivered + part.records.length + inGap.records.length,
    redelivered: part.redelivered,
    repaired: inGap.records.length,
  }
}

/** Everything delivered of a partition; an inexact record's time is not known, and never makes it the first. */
function placesOf(delivery: Delivery, partition: number): { readonly offset: bigint; readonly timestamp: number }[] {
  return [
    ...delivery.records.filter(r => r.partition === partition),
    ...delivery.reread.filter(r => r.partition === partition).map(({ offset }) => ({ offset, timestamp: -Infinity })),
  ]
}

/** What keeps partitions of a delivery from being ingested: stops in their order there, then failures. */
export function failuresOf(
  { name, topic }: Stream,
  delivered: ReadonlySet<number>,
  progress: ReadonlyMap<number, PartitionProgress>,
  { stops, failures }: ReconciledDelivery,
): readonly CodedError[] {
  const errors: CodedError[] = []
  for (const partition of delivered) {
    const known = progress.get(partition)
    const stop = stops.get(partition) ?? known?.stop
    if (known !== undefined && stop !== undefined) errors.push(stopError(name, topic, known, stop))
  }
  return [...errors, ...failures.values()]
}
