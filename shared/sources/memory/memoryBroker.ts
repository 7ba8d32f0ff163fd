import { partitionOf } from '../partitioner.js'
import type { ProducedRecord } from '../source.js'
import { partitionMissing, SourceError, topicMissing } from '../sourceError.js'
import { type LogTransaction, MemoryLog } from './memoryLog.js'

/** An open transaction on a memory source: its records hold read_committed readers back until it ends. */
export interface MemoryTransaction {
  append(topic: string, records: readonly ProducedRecord[]): void
  /** Writes a marker, which takes an offset, to every partition it wrote to. */
  commit(): void
  abort(): void
}

interface MemoryTopic {
  readonly id: bigint
  readonly partitions: MemoryLog[]
}

/** Ids with the highest bit of both halves set: whoever keeps them in 64 bits each must keep the signs. */
const firstTopicId = (1n << 127n) | (1n << 63n)

/**
 * A broker in memory with a broker's semantics: log starts that move, holes of compaction, transactions with markers
 * and aborted records, topics recreated, logs put back to an older state, partitions added, leaders elected or away.
 */
export class MemoryBroker {
  readonly #topics = new Map<string, MemoryTopic>()
  readonly #outages = new Map<string, number>()
  readonly #now: () => number
  #created = 0n
  #keyless = 0

  /** @param now milliseconds; the timestamp of records that have none */
  constructor(now: () => number) {
    this.#now = now
  }

  createTopic(topic: string, partitions = 1): void {
    if (this.#topics.has(topic)) throw new Error(`Topic ${topic} exists`)
    const id = firstTopicId + (++this.#created << 64n) + this.#created
    this.#topics.set(topic, { id, partitions: Array.from({ length: partitions }, () => new MemoryLog()) })
  }

  deleteTopic(topic: string): void {
    this.partitions(topic)
    this.#topics.delete(topic)
  }

  /** Deletes it and creates it again: offsets begin at 0, under another topic id. */
  recreateTopic(topic: string, partitions: number = this.partitions(topic).length): void {
    this.deleteTopic(topic)
    this.createTopic(topic, partitions)
  }

  addPartitions(topic: string, count: number): void {
    for (let n = 0; n < count; n++) this.partitions(topic).push(new MemoryLog())
  }

  /** Writes past any outage, as another client would before it. */
  append(topic: string, records: readonly ProducedRecord[]): void {
    for (const record of records) this.#append(topic, record)
  }

  begin(): MemoryTransaction {
    const transaction: LogTransaction = { state: 'open' }
    const touched = new Set<MemoryLog>()
    const requireOpen = (): void => {
      if (transaction.state !== 'open') throw new Error('The transaction has ended')
    }
    const end = (state: 'committed' | 'aborted'): void => {
      requireOpen()
      transaction.state = state
      for (const log of touched) log.endTransaction(transaction)
    }
    return {
      append: (topic, records) => {
        requireOpen()
        for (const record of records) touched.add(this.#append(topic, record, transaction))
      },
      commit: () => {
        end('committed')
      },
      abort: () => {
        end('aborted')
      },
    }
  }

  /** Compaction: those offsets keep no record. */
  compactAway(topic: string, partition: number, offsets: Iterable<bigint>): void {
    const log = this.partition(topic, partition)
    for (const offset of offsets)
      if (!log.compactAway(Number(offset))) throw new Error(`${topic}/${partition} has no offset ${offset}`)
  }

  /** Retention or DeleteRecords: the log starts at `start` from now on. */
  deleteRecords(topic: string, partition: number, start: bigint): void {
    const log = this.partition(topic, partition)
    if (start > BigInt(log.end)) throw new Error(`${topic}/${partition} ends at ${log.end}`)
    log.deleteRecords(Number(start))
  }

  /** An unclean election: the newest records are gone, and another epoch begins. */
  truncate(topic: string, partition: number, end: bigint): void {
    this.partition(topic, partition).truncate(Number(end))
    this.elect(topic, partition)
  }

  /** A leader is elected: another epoch begins at the log's end. */
  elect(topic: string, partition: number): void {
    this.partition(topic, partition).elect()
  }

  /** Keeps the topic as it is now. What is returned puts it back into that state, its id and epochs too. */
  backup(topic: string): () => void {
    const copy = ({ id, partitions }: MemoryTopic): MemoryTopic => ({
      id,
      partitions: partitions.map(log => log.copy()),
    })
    const kept = copy(this.#topic(topic))
    return () => this.#topics.set(topic, copy(kept))
  }

  /** The next `calls` that touch the partition (a read touches it once a batch) fail as if it had no leader. */
  failLeader(topic: string, partition: number, calls = 1): void {
    this.#outages.set(`${topic}/${partition}`, calls)
  }

  /** Ends the outage of that leader. */
  electLeader(topic: string, partition: number): void {
    this.#outages.delete(`${topic}/${partition}`)
  }

  /** The batch of that one record does not match its checksum from now on. */
  damage(topic: string, partition: number, offset: bigint): void {
    this.partition(topic, partition).damage(Number(offset))
  }

  /** Where the record goes: the partition it names, else that of its key, else one after the other. */
  partitionOf(topic: string, { partition, key }: ProducedRecord): number {
    const { length } = this.partitions(topic)
    return partition ?? (key === null ? this.#keyless++ % length : partitionOf(key, length))
  }

  topicId(topic: string): bigint {
    return this.#topic(topic).id
  }

  /** @throws SourceError SOURCE_TOPIC_MISSING */
  partitions(topic: string): MemoryLog[] {
    return this.#topic(topic).partitions
  }

  /** @throws SourceError SOURCE_TOPIC_MISSING, SOURCE_PARTITION_MISSING */
  partition(topic: string, partition: number): MemoryLog {
    const log = this.partitions(topic)[partition]
    if (log === undefined) throw partitionMissing(topic, partition)
    return log
  }

  /** Whether any partition's leader is away. */
  hasOutage(topic: string): boolean {
    return Array.from(this.#outages).some(([where, calls]) => where.startsWith(`${topic}/`) && calls > 0)
  }

  /** Touches the partition. @throws SourceError SOURCE_UNREACHABLE while its leader is away */
  requireLeader(topic: string, partition: number): void {
    const where = `${topic}/${partition}`
    const calls = this.#outages.get(where) ?? 0
    if (calls <= 0) return
    this.#outages.set(where, calls - 1)
    throw new SourceError('SOURCE_UNREACHABLE', `The leader of ${where} is away at the moment.`, {
      retryable: true,
      data: { topic, partition },
    })
  }

  #append(topic: string, record: ProducedRecord, transaction?: LogTransaction): MemoryLog {
    const partition = this.partitionOf(topic, record)
    const log = this.partition(topic, partition)
    const { key, value, headers = [], timestamp = this.#now() } = record
    log.append({ topic, partition, offset: BigInt(log.end), timestamp, key, value, headers }, transaction)
    return log
  }

  #topic(topic: string): MemoryTopic {
    const found = this.#topics.get(topic)
    if (found === undefined) throw topicMissing(topic)
    return found
  }
}
