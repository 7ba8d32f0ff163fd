import { type Clock, systemClock } from '../../clock.js'
import { type Logger, silentLogger } from '../../telemetry/index.js'
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  ReadOptions,
  Source,
  SourceBatch,
  TopicSurvey,
} from '../source.js'
import { partitionMissing } from '../sourceError.js'
import { clientSettings, type KafkaConnection } from './clientSettings.js'
import { Cluster } from './cluster.js'
import { type Compression, registerCodecs } from './codecs.js'
import { defaultFetchBytes, fetchBytesOf } from './fetchLimits.js'
import { identifyPartitions } from './partitionIdentity.js'
import { Producer } from './producer.js'
import { latest } from './protocol.js'
import { readRange } from './rangeReader.js'
import { offsetsOf, retrying, type RetryOptions, type Waiting } from './retry.js'
import { listOffsets, surveyOnce, surveyTopic } from './topicSurvey.js'

/** How to reach the cluster, and how records are fetched, checked and written. */
export interface KafkaSourceOptions {
  readonly connection: KafkaConnection
  readonly log?: Logger
  readonly clock?: Clock
  /** Milliseconds without any success until an operation gives up; default a minute. */
  readonly retryTimeoutMs?: number
  /** Bytes of one fetch; default {@link defaultFetchBytes}. */
  readonly fetchBytes?: number
  /** Whether records' checksums are compared; default true. */
  readonly verifyChecksum?: boolean
  /** What records are written with; default none. */
  readonly compression?: Compression
  /** Default true, where the broker knows it. */
  readonly idempotent?: boolean
  /** Called with what is waited for, after two seconds without an answer; a warning in the log when absent. */
  readonly onWaiting?: ((sentence: string) => void) | undefined
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
  readonly #options: Required<
    Pick<KafkaSourceOptions, 'clock' | 'retryTimeoutMs' | 'fetchBytes' | 'verifyChecksum' | 'topicIds'>
  > &
    Pick<RetryOptions, 'onWaiting'>

  /** Connects at the first call, not here. @throws SourceError SOURCE_BAD_SETTINGS */
  constructor(options: KafkaSourceOptions) {
    registerCodecs()
    const { clock = systemClock, retryTimeoutMs = 60_000, log = silentLogger } = options
    const report =
      options.onWaiting ??
      ((sentence: string) => {
        log.warn(sentence)
      })
    const onWaiting = announcer(report, options.connection.brokers.join(','), clock)
    this.#options = {
      clock,
      retryTimeoutMs,
      fetchBytes: options.fetchBytes ?? defaultFetchBytes,
      verifyChecksum: options.verifyChecksum ?? true,
      topicIds: options.topicIds ?? true,
      onWaiting,
    }
    this.#cluster = new Cluster(clientSettings(options.connection), log)
    this.#producer = new Producer(this.#cluster, {
      clock,
      retryTimeoutMs,
      onWaiting,
      compression: options.compression ?? 'none',
      idempotent: options.idempotent ?? true,
    })
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return retrying(this.#options, offsetsOf(topic), async () => {
      // Partitions may have been added since the last look.
      this.#cluster.forget(topic)
      const { partitions, unavailable } = await surveyOnce(this.#cluster, topic)
      if (unavailable[0] !== undefined) throw unavailable[0].error
      return partitions
    })
  }

  survey(topic: string): Promise<TopicSurvey> {
    return surveyTopic(this.#cluster, topic, this.#options)
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    return retrying(this.#options, offsetsOf(topic), async () => {
      const leaders = await this.#cluster.leaders(topic)
      if (!leaders.has(partition)) throw partitionMissing(topic, partition)
      const at = async (time: bigint): Promise<bigint> => {
        const led = { address: leaders.get(partition), partitions: [partition] }
        const found = (await listOffsets(this.#cluster, topic, led, time)).get(partition)
        if (typeof found === 'bigint') return found
        this.#cluster.forget(topic)
        throw found ?? partitionMissing(topic, partition)
      }
      const [offset, end] = await Promise.all([at(BigInt(Math.max(0, Math.ceil(timestamp)))), at(latest)])
      return offset < 0n || offset > end ? end : offset
    })
  }

  read(topic: string, range: OffsetRange, options: ReadOptions = {}): AsyncIterable<SourceBatch> {
    const fetchBytes = fetchBytesOf(range, this.#options.fetchBytes)
    return readRange(this.#cluster, topic, range, { ...this.#options, fetchBytes, ...options })
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
}

/** What is waited for, in words for a person. */
export function waitingInWords({ doing, error, waitedMs, retryTimeoutMs }: Waiting, brokers: string): string {
  const reason = error?.message ?? `Kafka at ${brokers} does not answer.`
  const left = Math.max(1, Math.round((retryTimeoutMs - waitedMs) / 1_000))
  return `${reason} Still ${doing}, for up to ${left} s more.`
}

/** Reports only what is new: many operations wait for the same broker at once. */
function announcer(report: (sentence: string) => void, brokers: string, clock: Clock): (waiting: Waiting) => void {
  let last = -Infinity
  return waiting => {
    const now = clock.monotonic()
    if (now - last < quietMs) return
    last = now
    report(waitingInWords(waiting, brokers))
  }
}

const quietMs = 5_000
