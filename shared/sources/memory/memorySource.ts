/* eslint-disable @typescript-eslint/require-await -- async as the seam is: what is thrown becomes a rejection */
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  Source,
  SourceBatch,
  TopicSurvey,
  UnavailablePartition,
} from '../source.js'
import { batchDamaged, outOfRange, SourceError } from '../sourceError.js'
import { MemoryBroker } from './memoryBroker.js'

/** Which kind of broker a memory source stands for. */
export interface MemorySourceOptions {
  /** Milliseconds; the timestamp of records that have none. */
  readonly now?: () => number
  /** Most offsets a batch covers; default 1,000. */
  readonly batchSize?: number
  /** False for a broker that gives topics no ids; default true. */
  readonly topicIds?: boolean
  /** False for a source that knows no leader epochs; default true. */
  readonly leaderEpochs?: boolean
}

/**
 * A {@link MemoryBroker} as a source.
 *
 * ```ts
 * const source = new MemorySource()
 * source.createTopic('events', 4)
 * source.append('events', [{ key: null, value: Buffer.from('{}'), partition: 0 }])
 * source.deleteRecords('events', 0, 1n) // retention
 * ```
 */
export class MemorySource extends MemoryBroker implements Source {
  readonly #batchSize: number
  readonly #topicIds: boolean
  readonly #leaderEpochs: boolean
  #closed = false

  constructor(options: MemorySourceOptions = {}) {
    super(options.now ?? Date.now)
    this.#batchSize = options.batchSize ?? 1_000
    this.#topicIds = options.topicIds ?? true
    this.#leaderEpochs = options.leaderEpochs ?? true
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    this.#check(topic)
    return this.partitions(topic).map((log, partition) => {
      this.#check(topic, partition)
      return log.offsets(partition)
    })
  }

  async survey(topic: string): Promise<TopicSurvey> {
    if (!this.hasOutage(topic)) return { partitions: await this.offsets(topic), unavailable: [] }
    const partitions: PartitionOffsets[] = []
    const unavailable: UnavailablePartition[] = []
    for (const [partition, log] of this.partitions(topic).entries()) {
      try {
        this.#check(topic, partition)
        partitions.push(log.offsets(partition))
      } catch (error) {
        if (!(error instanceof SourceError)) throw error
        unavailable.push({ partition, error })
      }
    }
    if (partitions.length === 0 && unavailable[0] !== undefined) throw unavailable[0].error
    return { partitions, unavailable }
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    this.#check(topic, partition)
    return BigInt(this.partition(topic, partition).offsetAt(timestamp))
  }

  async *read(
    topic: string,
    range: OffsetRange,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SourceBatch, void, undefined> {
    const { partition } = range
    const end = Number(range.end)
    if (range.start < 0n || range.start > range.end) throw outOfRange(topic, range, {})
    for (let position = Number(range.start); position < end;) {
      options.signal?.throwIfAborted()
      this.#check(topic, partition)
      const log = this.partition(topic, partition)
      const held = log.offsets(partition)
      if (position < log.start || range.end > held.end)
        throw outOfRange(topic, { ...range, start: BigInt(position) }, held)
      const damaged = log.firstDamaged(position)
      if (damaged === position) throw batchDamaged(topic, partition, BigInt(position), 'does not match its checksum')
      const next = Math.min(end, position + this.#batchSize, damaged)
      const { records, holes } = log.slice(position, next)
      position = next
      yield { partition, records, position: BigInt(position), holes: BigInt(holes) }
    }
  }

  async identify(
    topic: string,
    asked: ReadonlyMap<number, number | undefined>,
  ): Promise<ReadonlyMap<number, Identified>> {
    this.#check(topic)
    return new Map(Array.from(asked, ([partition, epoch]) => [partition, this.#identify(topic, partition, epoch)]))
  }

  async produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    this.#check(topic)
    const placed = records.map(record => ({ ...record, partition: this.partitionOf(topic, record) }))
    for (const { partition } of placed) this.#check(topic, partition)
    this.append(topic, placed)
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #identify(topic: string, partition: number, asked: number | undefined): Identified {
    try {
      this.#check(topic, partition)
      const log = this.partition(topic, partition)
      const topicId = this.#topicIds ? this.topicId(topic) : undefined
      if (!this.#leaderEpochs) return { kind: 'known', topicId, epoch: undefined, epochEnd: undefined }
      const end = asked === undefined ? undefined : log.epochEnd(asked)
      return { kind: 'known', topicId, epoch: log.epoch, epochEnd: end === undefined ? undefined : BigInt(end) }
    } catch (error) {
      if (error instanceof SourceError) return { kind: 'failed', error }
      throw error
    }
  }

  #check(topic: string, partition?: number): void {
    if (this.#closed) throw new SourceError('SOURCE_CLOSED', 'The source was closed.')
    if (partition !== undefined) this.requireLeader(topic, partition)
  }
}
