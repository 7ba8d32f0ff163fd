import type { PartitionProperties } from '@azure/event-hubs'

import { type Clock, systemClock } from '../../clock.js'
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  Source,
  SourceBatch,
  SourceRecord,
  TopicSurvey,
} from '../source.js'
import { outOfRange, partitionMissing, silent, SourceError } from '../sourceError.js'
import type { EventHubsConnection } from './connection.js'
import { eventHubsFault } from './eventHubsFault.js'
import { HubClients } from './hubClients.js'
import { offsetOf, toRecord } from './receivedEvent.js'
import { sendEvents } from './sendEvents.js'

/** How long the service may say nothing, in milliseconds. */
export interface SilenceLimits {
  /** After that long a link is given up for a new one: links have gone silent for good. */
  readonly link: number
  /** Without an event for that long, a read ends with SOURCE_SILENT. Pauses of half a minute are known. */
  readonly total: number
}

/**
 * The namespace to read and how long its silence is tolerated; 20 s a link and 60 s in all when `silenceLimits` is absent.
 */
export interface EventHubsSourceOptions {
  readonly connection: EventHubsConnection
  readonly clock?: Clock | undefined
  readonly silenceLimits?: SilenceLimits | undefined
}

const defaultSilenceLimits: SilenceLimits = { link: 20_000, total: 60_000 }
const eventsPerBatch = 1_000

/** Between a link that failed and the next. */
const pauseMs = 500

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
  readonly #clock: Clock
  readonly #silenceLimits: SilenceLimits
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
    this.#clock = clock
    this.#silenceLimits = silenceLimits
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
    const before = await this.#properties(hub, topic, partition)
    const { start, end } = offsetsOf(before)
    if (start === end || before.lastEnqueuedOnUtc.getTime() < timestamp) return end
    // The filter passes what is later than a time, to the millisecond, whatever `isInclusive` says.
    const startPosition = { enqueuedOn: Math.ceil(timestamp) - 1 }
    const since = this.#clock.monotonic()
    for (;;) {
      const { events, fault } = await this.#receive(hub, topic, {
        partition,
        startPosition,
        maxBatchSize: 1,
        reportSeconds: this.#reportSeconds,
      })
      if (events[0] !== undefined) return offsetOf(topic, partition, events[0])
      const now = offsetsOf(await this.#properties(hub, topic, partition))
      if (now.start === now.end) return now.end
      const quiet = this.#clock.monotonic() - since
      if (quiet >= this.#silenceLimits.total) throw fault ?? silent(topic, now, quiet)
    }
  }

  async *read(
    topic: string,
    range: OffsetRange,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SourceBatch, void, undefined> {
    const { partition, start, end } = range
    const { signal } = options
    if (start < 0n || start > end) throw outOfRange(topic, range, {})
    if (start === end) return
    const hub = await this.#open(topic)
    await this.#checkHeld(hub, topic, range)
    let position = start
    let heard = this.#clock.monotonic()
    for (;;) {
      let fault: SourceError | undefined
      try {
        const startPosition = { sequenceNumber: Number(position), isInclusive: true }
        await using channel = hub.openChannel({
          partition,
          startPosition,
          ...credits(end - position),
          signal,
          reportSeconds: this.#reportSeconds,
        })
        for (;;) {
          const events = await channel.next(this.#silenceLimits.link)
          signal?.throwIfAborted()
          if (events.length === 0) break
          const stretch = stretchOf(
            events.map(event => toRecord(topic, partition, event)),
            position,
            end,
          )
          if (stretch === undefined) continue
          position = stretch.position
          heard = this.#clock.monotonic()
          yield { partition, ...stretch }
          if (position === end) return
        }
      } catch (thrown) {
        signal?.throwIfAborted()
        fault = eventHubsFault(thrown, topic, hub.consumerGroup)
        if (!fault.retryable) throw fault
      }
      await this.#checkHeld(hub, topic, { partition, start: position, end })
      const quiet = this.#clock.monotonic() - heard
      if (quiet >= this.#silenceLimits.total) throw fault ?? silent(topic, { partition, start: position, end }, quiet)
      if (fault !== undefined) await this.#clock.sleep(Math.min(pauseMs, this.#silenceLimits.link), signal)
    }
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
   * A group that is missing, or that a trigger holds, is to be known at the start and not when a jump must be repaired.
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

  get #reportSeconds(): number {
    return Math.min(2, this.#silenceLimits.link / 1_000)
  }

  /** One link's worth of waiting. */
  async #receive(hub: HubClients, topic: string, options: Parameters<HubClients['openChannel']>[0]) {
    try {
      await using channel = hub.openChannel(options)
      return { events: await channel.next(this.#silenceLimits.link), fault: undefined }
    } catch (thrown) {
      const fault = eventHubsFault(thrown, topic, hub.consumerGroup)
      if (!fault.retryable) throw fault
      await this.#clock.sleep(Math.min(pauseMs, this.#silenceLimits.link))
      return { events: [], fault }
    }
  }

  async #checkHeld(hub: HubClients, topic: string, range: OffsetRange): Promise<void> {
    const held = offsetsOf(await this.#properties(hub, topic, range.partition))
    if (range.start < held.start || range.end > held.end) throw outOfRange(topic, range, held)
  }

  async #properties(hub: HubClients, topic: string, partition: number): Promise<PartitionProperties> {
    try {
      return await hub.management.getPartitionProperties(String(partition))
    } catch (thrown) {
      if (thrown instanceof Error && /partition/i.test(thrown.message) && /not|invalid|range/i.test(thrown.message)) {
        throw partitionMissing(topic, partition)
      }
      throw eventHubsFault(thrown, topic)
    }
  }
}

/** What a range of that many offsets asks of the service at once: what lies behind the range is of no use. */
function credits(offsets: bigint) {
  const most = (count: number) => (offsets < BigInt(count) ? Number(offsets) : count)
  return { maxBatchSize: most(eventsPerBatch), prefetchCount: most(3 * eventsPerBatch) }
}

/**
 * What a batch covers between `from` and `end`: up to its last event, which proves that what it jumps over is not
 * there.
 * @returns undefined when all of it lies below `from`
 */
function stretchOf(
  batch: readonly SourceRecord[],
  from: bigint,
  end: bigint,
): Pick<SourceBatch, 'records' | 'position' | 'holes'> | undefined {
  const records: SourceRecord[] = []
  let position = from
  let holes = 0n
  for (const record of batch) {
    if (record.offset < position) continue
    const at = record.offset < end ? record.offset : end
    holes += at - position
    position = at
    if (at === end) break
    records.push(record)
    position++
  }
  return position === from ? undefined : { records, position, holes }
}

/** An empty partition begins where its next event will be. */
function offsetsOf(properties: PartitionProperties): PartitionOffsets {
  const end = BigInt(properties.lastEnqueuedSequenceNumber) + 1n
  const start = properties.isEmpty ? end : BigInt(properties.beginningSequenceNumber)
  return { partition: Number(properties.partitionId), start, end }
}
