/* eslint-disable @typescript-eslint/require-await -- async as the seam is: what is thrown becomes a rejection */
import { partitionOf } from './partitioner.js'
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  Source,
  SourceBatch,
  SourceRecord,
  TopicSurvey,
  UnavailablePartition,
} from './source.js'
import { batchDamaged, outOfRange, partitionMissing, SourceError, topicMissing } from './sourceError.js'

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

/** An open transaction on a memory source: its records hold read_committed readers back until it ends. */
export interface MemoryTransaction {
  append(topic: string, records: readonly ProducedRecord[]): void
  /** Writes a marker, which takes an offset, to every partition it wrote to. */
  commit(): void
  abort(): void
}

type Slot =
  | { readonly kind: 'record'; readonly record: SourceRecord; readonly transaction?: symbol }
  | { readonly kind: 'marker' }
  | { readonly kind: 'hole' }

interface MemoryPartition {
  start: number
  readonly slots: Slot[]
  /** Where each leader epoch begins, in order. */
  readonly epochs: { readonly epoch: number; readonly start: number }[]
}

interface MemoryTopic {
  readonly id: bigint
  readonly partitions: MemoryPartition[]
}

const newPartition = (): MemoryPartition => ({ start: 0, slots: [], epochs: [{ epoch: 0, start: 0 }] })

/** Ids with the highest bit of both halves set: whoever keeps them in 64 bits each must keep the signs. */
const firstTopicId = (1n << 127n) | (1n << 63n)

/**
 * A broker in memory with a broker's semantics: log starts that move, holes of compaction, transactions with markers
 * and aborted records, topics recreated, logs put back to an older state, partitions added, leaders elected or away.
 *
 * ```ts
 * const source = new MemorySource()
 * source.createTopic('events', 4)
 * source.append('events', [{ key: null, value: Buffer.from('{}'), partition: 0 }])
 * source.deleteRecords('events', 0, 1n) // retention
 * ```
 */
export class MemorySource implements Source {
  readonly #topics = new Map<string, MemoryTopic>()
  readonly #open = new Set<symbol>()
  readonly #aborted = new Set<symbol>()
  readonly #damaged = new Set<string>()
  readonly #outages = new Map<string, number>()
  readonly #now: () => number
  readonly #batchSize: number
  readonly #topicIds: boolean
  readonly #leaderEpochs: boolean
  #created = 0n
  #closed = false
  #keyless = 0

  constructor(options: MemorySourceOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#batchSize = options.batchSize ?? 1_000
    this.#topicIds = options.topicIds ?? true
    this.#leaderEpochs = options.leaderEpochs ?? true
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    this.#check(topic)
    return this.#partitions(topic).map((log, partition) => {
      this.#check(topic, partition)
      return {
        partition,
        start: BigInt(log.start),
        end: BigInt(this.#stableEnd(log)),
        highWatermark: BigInt(log.slots.length),
      }
    })
  }

  async survey(topic: string): Promise<TopicSurvey> {
    const away = Array.from(this.#outages).some(([where, calls]) => where.startsWith(`${topic}/`) && calls > 0)
    if (!away) return { partitions: await this.offsets(topic), unavailable: [] }
    const partitions: PartitionOffsets[] = []
    const unavailable: UnavailablePartition[] = []
    for (const [partition, log] of this.#partitions(topic).entries()) {
      try {
        this.#check(topic, partition)
        partitions.push({
          partition,
          start: BigInt(log.start),
          end: BigInt(this.#stableEnd(log)),
          highWatermark: BigInt(log.slots.length),
        })
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
    const log = this.#partition(topic, partition)
    const end = this.#stableEnd(log)
    for (let offset = log.start; offset < end; offset++) {
      const slot = log.slots[offset]
      if (slot?.kind === 'record' && slot.record.timestamp >= timestamp) return BigInt(offset)
    }
    return BigInt(end)
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
      const log = this.#partition(topic, partition)
      const held = { start: BigInt(log.start), end: BigInt(this.#stableEnd(log)) }
      if (position < log.start || range.end > held.end)
        throw outOfRange(topic, { ...range, start: BigInt(position) }, held)
      const damaged = this.#firstDamaged(topic, partition, position)
      if (damaged === position) throw batchDamaged(topic, partition, BigInt(position), 'does not match its checksum')
      const next = Math.min(end, position + this.#batchSize, damaged)
      const slots = log.slots.slice(position, next)
      const records = slots.flatMap(slot => (this.#isVisible(slot) ? [slot.record] : []))
      const holes = BigInt(slots.filter(slot => !this.#isVisible(slot)).length)
      position = next
      yield { partition, records, position: BigInt(position), holes }
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
    const placed = records.map(record => ({ ...record, partition: this.#place(topic, record) }))
    for (const { partition } of placed) this.#check(topic, partition)
    this.append(topic, placed)
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  createTopic(topic: string, partitions = 1): void {
    if (this.#topics.has(topic)) throw new Error(`Topic ${topic} exists`)
    const id = firstTopicId + (++this.#created << 64n) + this.#created
    this.#topics.set(topic, { id, partitions: Array.from({ length: partitions }, newPartition) })
  }

  deleteTopic(topic: string): void {
    this.#partitions(topic)
    this.#topics.delete(topic)
  }

  /** Deletes it and creates it again: offsets begin at 0, under another topic id. */
  recreateTopic(topic: string, partitions: number = this.#partitions(topic).length): void {
    this.deleteTopic(topic)
    this.createTopic(topic, partitions)
  }

  addPartitions(topic: string, count: number): void {
    for (let n = 0; n < count; n++) this.#partitions(topic).push(newPartition())
  }

  /** Writes past any outage, as another client would before it. */
  append(topic: string, records: readonly ProducedRecord[]): void {
    for (const record of records) this.#append(topic, record)
  }

  begin(): MemoryTransaction {
    const transaction = Symbol('transaction')
    const touched = new Set<MemoryPartition>()
    this.#open.add(transaction)
    const end = (): void => {
      if (!this.#open.delete(transaction)) throw new Error('The transaction has ended')
      for (const log of touched) log.slots.push({ kind: 'marker' })
    }
    return {
      append: (topic, records) => {
        if (!this.#open.has(transaction)) throw new Error('The transaction has ended')
        for (const record of records) touched.add(this.#append(topic, record, transaction))
      },
      commit: end,
      abort: () => {
        this.#aborted.add(transaction)
        end()
      },
    }
  }

  /** Compaction: those offsets keep no record. */
  compactAway(topic: string, partition: number, offsets: Iterable<bigint>): void {
    const { slots } = this.#partition(topic, partition)
    for (const offset of offsets) {
      if (slots[Number(offset)] === undefined) throw new Error(`${topic}/${partition} has no offset ${offset}`)
      slots[Number(offset)] = { kind: 'hole' }
    }
  }

  /** Retention or DeleteRecords: the log starts at `start` from now on. */
  deleteRecords(topic: string, partition: number, start: bigint): void {
    const log = this.#partition(topic, partition)
    if (start > BigInt(log.slots.length)) throw new Error(`${topic}/${partition} ends at ${log.slots.length}`)
    log.start = Math.max(log.start, Number(start))
    log.slots.fill({ kind: 'hole' }, 0, log.start)
  }

  /** An unclean election: the newest records are gone, and another epoch begins. */
  truncate(topic: string, partition: number, end: bigint): void {
    const log = this.#partition(topic, partition)
    log.slots.length = Math.min(log.slots.length, Number(end))
    log.start = Math.min(log.start, log.slots.length)
    this.elect(topic, partition)
  }

  /** A leader is elected: another epoch begins at the log's end. */
  elect(topic: string, partition: number): void {
    const { slots, epochs } = this.#partition(topic, partition)
    const epoch = (epochs.at(-1)?.epoch ?? -1) + 1
    while ((epochs.at(-1)?.start ?? -1) >= slots.length) epochs.pop()
    epochs.push({ epoch, start: slots.length })
  }

  /** Keeps the topic as it is now. What is returned puts it back into that state, its id and epochs too. */
  backup(topic: string): () => void {
    const copy = ({ id, partitions }: MemoryTopic): MemoryTopic => ({
      id,
      partitions: partitions.map(({ start, slots, epochs }) => ({ start, slots: [...slots], epochs: [...epochs] })),
    })
    const kept = copy(this.#topic(topic))
    return () => this.#topics.set(topic, copy(kept))
  }

  /** The next `calls` that touch the partition (a read touches it once a batch) fail as if it had no leader. */
  failLeader(topic: string, partition: number, calls = 1): void {
    this.#outages.set(`${topic}/${partition}`, calls)
  }

  #identify(topic: string, partition: number, asked: number | undefined): Identified {
    try {
      this.#check(topic, partition)
      const log = this.#partition(topic, partition)
      const topicId = this.#topicIds ? this.#topic(topic).id : undefined
      if (!this.#leaderEpochs) return { kind: 'known', topicId, epoch: undefined, epochEnd: undefined }
      return {
        kind: 'known',
        topicId,
        epoch: log.epochs.at(-1)?.epoch,
        epochEnd: asked === undefined ? undefined : epochEnd(log, asked),
      }
    } catch (error) {
      if (error instanceof SourceError) return { kind: 'failed', error }
      throw error
    }
  }

  /** The batch of that one record does not match its checksum from now on. */
  damage(topic: string, partition: number, offset: bigint): void {
    this.#damaged.add(`${topic}/${partition}/${offset}`)
  }

  /** Ends the outage of that leader. */
  electLeader(topic: string, partition: number): void {
    this.#outages.delete(`${topic}/${partition}`)
  }

  #firstDamaged(topic: string, partition: number, from: number): number {
    const prefix = `${topic}/${partition}/`
    const offsets = Array.from(this.#damaged).flatMap(where =>
      where.startsWith(prefix) ? [Number(where.slice(prefix.length))] : [],
    )
    return offsets.reduce((first, offset) => (offset >= from && offset < first ? offset : first), Infinity)
  }

  #append(topic: string, record: ProducedRecord, transaction?: symbol): MemoryPartition {
    const partition = this.#place(topic, record)
    const log = this.#partition(topic, partition)
    const { key, value, headers = [], timestamp = this.#now() } = record
    const stored = { topic, partition, offset: BigInt(log.slots.length), timestamp, key, value, headers }
    log.slots.push({ kind: 'record', record: stored, ...(transaction === undefined ? {} : { transaction }) })
    return log
  }

  #place(topic: string, { partition, key }: ProducedRecord): number {
    const { length } = this.#partitions(topic)
    return partition ?? (key === null ? this.#keyless++ % length : partitionOf(key, length))
  }

  /** The last stable offset: where the first open transaction begins. */
  #stableEnd({ slots }: MemoryPartition): number {
    if (this.#open.size === 0) return slots.length
    const first = slots.findIndex(
      slot => slot.kind === 'record' && slot.transaction !== undefined && this.#open.has(slot.transaction),
    )
    return first < 0 ? slots.length : first
  }

  #isVisible(slot: Slot): slot is Extract<Slot, { kind: 'record' }> {
    return slot.kind === 'record' && (slot.transaction === undefined || !this.#aborted.has(slot.transaction))
  }

  #topic(topic: string): MemoryTopic {
    const found = this.#topics.get(topic)
    if (found === undefined) throw topicMissing(topic)
    return found
  }

  #partitions(topic: string): MemoryPartition[] {
    return this.#topic(topic).partitions
  }

  #partition(topic: string, partition: number): MemoryPartition {
    const log = this.#partitions(topic)[partition]
    if (log === undefined) throw partitionMissing(topic, partition)
    return log
  }

  #check(topic: string, partition?: number): void {
    if (this.#closed) throw new SourceError('SOURCE_CLOSED', 'The source was closed.')
    if (partition === undefined) return
    const where = `${topic}/${partition}`
    const calls = this.#outages.get(where) ?? 0
    if (calls <= 0) return
    this.#outages.set(where, calls - 1)
    throw new SourceError('SOURCE_UNREACHABLE', `The leader of ${where} is away at the moment.`, {
      retryable: true,
      data: { topic, partition },
    })
  }
}

/** As a broker's cache of epochs has it: where the next epoch after the asked one begins. */
function epochEnd({ slots, epochs }: MemoryPartition, asked: number): bigint | undefined {
  const latest = epochs.at(-1)
  if (latest === undefined || asked > latest.epoch) return undefined
  return BigInt(epochs.find(({ epoch }) => epoch > asked)?.start ?? slots.length)
}
