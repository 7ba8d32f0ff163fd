import { type Clock, systemClock } from '../../clock.js'
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  Source,
  SourceBatch,
  TopicSurvey,
} from '../source.js'
import { outOfRange, silent, SourceError } from '../sourceError.js'
import type { EventHubsConnection } from './connection.js'
import { eventHubsFault } from './eventHubsFault.js'
import { HubClients } from './hubClients.js'
import { offsetsOf, partitionProperties } from './partitionOffsets.js'
import { pauseMs, readRange, reportSeconds, type SilenceLimits, type Waiting } from './rangeReader.js'
import { offsetOf } from './receivedEvent.js'
import { sendEvents } from './sendEvents.js'

/**
 * The namespace to read and how long its silence is tolerated; 20 s a link and 60 s in all when `silenceLimits` is absent.
 */
export interface EventHubsSourceOptions {
  readonly connection: EventHubsConnection
  readonly clock?: Clock | undefined
  readonly silenceLimits?: SilenceLimits | undefined
}

const defaultSilenceLimits: SilenceLimits = { link: 20_000, total: 60_000 }

/**
 * Event Hubs over AMQP, with the managed identity or a connection string. Sequence numbers are the offsets, partition
 * ids the partitions. AMQP has no tombstones from Kafka clients and no repeated headers; where those matter, read the
 * same event hub through its Kafka endpoint.
 *
 * Only an event at or beyond the end of a range proves that the range was read: silence is never taken for the end of
 * anything. See {@link SilenceLimits}.
 */
export class EventHubsSource implements Source {
  readonly #connection: EventHubsConnection
  readonly #waiting: Waiting
  readonly #hubs = new Map<string, Promise<HubClients>>()
  readonly #readable = new Map<string, Promise<void>>()

  constructor({ connection, clock = systemClock, silenceLimits = defaultSilenceLimits }: EventHubsSourceOptions) {
    if (connection.connectionString === undefined && connection.namespace === undefined) {
      throw new SourceError(
        'SOURCE_BAD_SETTINGS',
        'Event Hubs needs EVENTHUBS_NAMESPACE or EVENTHUBS_CONNECTION_STRING.',
      )
    }
    this.#connection = connection
    this.#waiting = { clock, silenceLimits }
  }

  /** The first call for an event hub also makes sure that it can be read by the consumer group. */
  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    const hub = await this.#open(topic)
    try {
      const ids = await hub.management.getPartitionIds()
      const properties = await Promise.all(ids.map(id => hub.management.getPartitionProperties(id)))
      const offsets = properties.map(offsetsOf).toSorted((a, b) => a.partition - b.partition)
      if (offsets[0] !== undefined) await this.#checkReadable(hub, topic, offsets[0].partition)
      return offsets
    } catch (thrown) {
      throw eventHubsFault(thrown, topic)
    }
  }

  /** All of them or none: the service has no partitions without a leader. */
  async survey(topic: string): Promise<TopicSurvey> {
    return { partitions: await this.offsets(topic), unavailable: [] }
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    const hub = await this.#open(topic)
    const before = await partitionProperties(hub, topic, partition)
    const { start, end } = offsetsOf(before)
    if (start === end || before.lastEnqueuedOnUtc.getTime() < timestamp) return end
    // The filter passes what is later than a time, to the millisecond, whatever `isInclusive` says.
    const startPosition = { enqueuedOn: Math.ceil(timestamp) - 1 }
    const since = this.#waiting.clock.monotonic()
    for (;;) {
      const { events, fault } = await this.#receive(hub, topic, {
        partition,
        startPosition,
        maxBatchSize: 1,
        reportSeconds: reportSeconds(this.#waiting.silenceLimits),
      })
      if (events[0] !== undefined) return offsetOf(topic, partition, events[0])
      const now = offsetsOf(await partitionProperties(hub, topic, partition))
      if (now.start === now.end) return now.end
      const quiet = this.#waiting.clock.monotonic() - since
      if (quiet >= this.#waiting.silenceLimits.total) throw fault ?? silent(topic, now, quiet)
    }
  }

  async *read(
    topic: string,
    range: OffsetRange,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SourceBatch, void, undefined> {
    if (range.start < 0n || range.start > range.end) throw outOfRange(topic, range, {})
    if (range.start === range.end) return
    yield* readRange(await this.#open(topic), topic, range, { ...this.#waiting, signal: options.signal })
  }

  /**
   * An event hub is known by when it was created. Where the service does not say, partitions are compared by their
   * events alone.
   */
  async identify(
    topic: string,
    asked: ReadonlyMap<number, number | undefined>,
  ): Promise<ReadonlyMap<number, Identified>> {
    const answer = await this.#createdOn(topic).then(
      (topicId): Identified => ({ kind: 'known', topicId, epoch: undefined, epochEnd: undefined, holesUnproven: true }),
      (thrown: unknown): Identified => ({ kind: 'failed', error: eventHubsFault(thrown, topic) }),
    )
    return new Map(Array.from(asked.keys(), partition => [partition, answer]))
  }

  async produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    const hub = await this.#open(topic)
    try {
      await sendEvents(hub.producer, records)
    } catch (thrown) {
      throw eventHubsFault(thrown, topic)
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#hubs.values())
    this.#hubs.clear()
    await Promise.allSettled(opened.flatMap(hub => (hub.status === 'fulfilled' ? [hub.value.close()] : [])))
  }

  #open(topic: string): Promise<HubClients> {
    let hub = this.#hubs.get(topic)
    if (hub === undefined) {
      hub = HubClients.open(this.#connection, topic)
      hub.catch(() => this.#hubs.delete(topic))
      this.#hubs.set(topic, hub)
    }
    return hub
  }

  /** In milliseconds since 1970; undefined when the service gives no time or the zero of .NET. */
  async #createdOn(topic: string): Promise<bigint | undefined> {
    const hub = await this.#open(topic)
    const time = (await hub.management.getEventHubProperties()).createdOn.getTime()
    return time > 0 ? BigInt(time) : undefined
  }

  /**
   * A group that is missing, or that a trigger holds, is to be known at the start and not when a gap must be repaired.
   */
  #checkReadable(hub: HubClients, topic: string, partition: number): Promise<void> {
    let check = this.#readable.get(topic)
    if (check === undefined) {
      check = hub.probe(partition).catch((thrown: unknown) => {
        this.#readable.delete(topic)
        throw eventHubsFault(thrown, topic, hub.consumerGroup)
      })
      this.#readable.set(topic, check)
    }
    return check
  }

  /** One link's worth of waiting. */
  async #receive(hub: HubClients, topic: string, options: Parameters<HubClients['openChannel']>[0]) {
    try {
      await using channel = hub.openChannel(options)
      return { events: await channel.next(this.#waiting.silenceLimits.link), fault: undefined }
    } catch (thrown) {
      const fault = eventHubsFault(thrown, topic, hub.consumerGroup)
      if (!fault.retryable) throw fault
      await this.#waiting.clock.sleep(pauseMs(this.#waiting.silenceLimits))
      return { events: [], fault }
    }
  }
}
