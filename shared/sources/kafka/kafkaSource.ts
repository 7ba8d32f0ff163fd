import { systemClock, type Clock } from '../../clock.js'
import { silentLogger, type Logger } from '../../telemetry/logger.js'
import type { Identified, OffsetRange, PartitionOffsets, ProducedRecord, Source, SourceBatch } from '../source.js'
import { partitionMissing } from '../sourceError.js'
import { Cluster } from './cluster.js'
import { registerCodecs, type Compression } from './codecs.js'
import { clientSettings, type KafkaConnection } from './connection.js'
import { codes, connectionFault, protocolFault } from './faults.js'
import { identifyPartitions } from './partitionIdentity.js'
import { Producer } from './producer.js'
import { earliest, isolation, latest, requestOffsets, type Isolation, type ListedOffset } from './protocol.js'
import { readRange } from './rangeReader.js'
import { retrying } from './retry.js'

export interface KafkaSourceOptions {
  readonly connection: KafkaConnection
  readonly log?: Logger
  readonly clock?: Clock
  /** Milliseconds without any success until an operation gives up; default a minute. */
  readonly patienceMs?: number
  /** Bytes of one fetch; default 8 MiB. */
  readonly fetchBytes?: number
  /** Whether records' checksums are compared; default true. */
  readonly verifyChecksum?: boolean
  /** What records are written with; default none. */
  readonly compression?: Compression
  /** Default true, where the broker knows it. */
  readonly idempotent?: boolean
  /** False leaves topic ids aside, as with a broker before 2.8; default true. */
  readonly topicIds?: boolean
}

/**
 * Kafka by offsets: no consumer group, no rebalance. Leaders that move and brokers that restart are waited for.
 *
 * ```ts
 * const source = new KafkaSource({ connection: { brokers: ['127.0.0.1:9092'] } })
 * for (const { partition, start, end } of await source.offsets('events'))
 *   for await (const batch of source.read('events', { partition, start, end })) use(batch.records)
 * await source.close()
 * ```
 */
export class KafkaSource implements Source {
  readonly #cluster: Cluster
  readonly #producer: Producer
  readonly #options: Required<Pick<KafkaSourceOptions, 'clock' | 'patienceMs' | 'fetchBytes' | 'verifyChecksum' | 'topicIds'>>

  /** Connects at the first call, not here. @throws SourceError `SOURCE_BAD_SETTINGS` */
  constructor(options: KafkaSourceOptions) {
    registerCodecs()
    const { clock = systemClock, patienceMs = 60_000 } = options
    this.#options = {
      clock,
      patienceMs,
      fetchBytes: options.fetchBytes ?? 8 * 1024 * 1024,
      verifyChecksum: options.verifyChecksum ?? true,
      topicIds: options.topicIds ?? true,
    }
    this.#cluster = new Cluster(clientSettings(options.connection), options.log ?? silentLogger)
    this.#producer = new Producer(this.#cluster, {
      clock,
      patienceMs,
      compression: options.compression ?? 'none',
      idempotent: options.idempotent ?? true,
    })
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return retrying(this.#options, async () => {
      // Partitions may have been added since the last look.
      this.#cluster.forget(topic)
      const [starts, ends, written] = await Promise.all([
        this.#listOffsets(topic, earliest),
        this.#listOffsets(topic, latest),
        this.#listOffsets(topic, latest, undefined, isolation.uncommitted),
      ])
      return Array.from(starts, ([partition, start]) => {
        const end = ends.get(partition) ?? start
        const highWatermark = written.get(partition) ?? end
        // The answers come one after the other: what was committed between them is not behind a transaction.
        return { partition, start, end, highWatermark: highWatermark < end ? end : highWatermark }
      })
        .toSorted((a, b) => a.partition - b.partition)
    })
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    return retrying(this.#options, async () => {
      const [found, ends] = await Promise.all([
        this.#listOffsets(topic, BigInt(Math.max(0, Math.ceil(timestamp))), partition),
        this.#listOffsets(topic, latest, partition),
      ])
      const end = ends.get(partition)
      if (end === undefined) throw partitionMissing(topic, partition)
      const offset = found.get(partition) ?? -1n
      return offset < 0n || offset > end ? end : offset
    })
  }

  read(topic: string, range: OffsetRange, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<SourceBatch> {
    return readRange(this.#cluster, topic, range, { ...this.#options, signal: options.signal })
  }

  identify(topic: string, asked: ReadonlyMap<number, number | undefined>): Promise<ReadonlyMap<number, Identified>> {
    return identifyPartitions(this.#cluster, topic, asked, this.#options)
  }

  produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    return this.#producer.produce(topic, records)
  }

  close(): Promise<void> {
    return this.#cluster.close()
  }

  async #listOffsets(topic: string, timestamp: bigint, only?: number, level?: Isolation): Promise<ReadonlyMap<number, bigint>> {
    const leaders = Array.from(await this.#cluster.leaders(topic))
    const wanted = only === undefined ? leaders : leaders.filter(([partition]) => partition === only)
    const byLeader = Map.groupBy(wanted, ([, address]) => address)
    const listed = await Promise.all(Array.from(byLeader, async ([address, entries]) => {
      const node = await this.#cluster.node(address)
      let answers: readonly ListedOffset[]
      try {
        answers = await requestOffsets(node, topic, entries.map(([partition]) => partition), timestamp, level)
      } catch (thrown) {
        this.#cluster.forget(topic, node)
        throw connectionFault(thrown, address)
      }
      for (const { errorCode, partition } of answers) {
        if (errorCode === codes.none) continue
        this.#cluster.forget(topic)
        throw protocolFault(errorCode, topic, partition)
      }
      return answers
    }))
    return new Map(listed.flat().map(({ partition, offset }) => [partition, offset]))
  }
}
