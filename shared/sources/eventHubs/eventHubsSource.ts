import type { EventHubConsumerClient, EventHubProducerClient, PartitionProperties, ReceivedEventData } from '@azure/event-hubs'
import type { Identified, OffsetRange, PartitionOffsets, ProducedRecord, Source, SourceBatch, TopicSurvey } from '../source.js'
import { outOfRange, partitionMissing, SourceError } from '../sourceError.js'
import type { EventHubsConnection } from './connection.js'
import { EventChannel } from './eventChannel.js'
import { eventHubsFault } from './eventHubsFault.js'
import { toRecord } from './receivedEvent.js'

export interface EventHubsSourceOptions {
  readonly connection: EventHubsConnection
}

const eventsPerBatch = 1_000
// A receiver that says nothing for this long, although the range is not covered, is asked for the partition's state.
const quietSeconds = 5

interface Clients {
  readonly consumer: EventHubConsumerClient
  readonly producer: EventHubProducerClient
}

/**
 * Event Hubs over AMQP, with the managed identity or a connection string. Sequence numbers are the offsets, partition
 * ids the partitions. AMQP has no tombstones from Kafka clients and no repeated headers; where those matter, read the
 * same event hub through its Kafka endpoint.
 */
export class EventHubsSource implements Source {
  readonly #connection: EventHubsConnection
  readonly #clients = new Map<string, Promise<Clients>>()

  constructor({ connection }: EventHubsSourceOptions) {
    if (connection.connectionString === undefined && connection.namespace === undefined) {
      throw new SourceError('SOURCE_BAD_SETTINGS', 'Event Hubs needs EVENTHUBS_NAMESPACE or EVENTHUBS_CONNECTION_STRING.')
    }
    this.#connection = connection
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    const { consumer } = await this.#open(topic)
    try {
      const ids = await consumer.getPartitionIds()
      const properties = await Promise.all(ids.map((id) => consumer.getPartitionProperties(id)))
      return properties.map(offsetsOf).toSorted((a, b) => a.partition - b.partition)
    } catch (thrown) {
      throw eventHubsFault(thrown, topic)
    }
  }

  /** All of them or none: the service has no partitions without a leader. */
  async survey(topic: string): Promise<TopicSurvey> {
    return { partitions: await this.offsets(topic), unavailable: [] }
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    const { consumer } = await this.#open(topic)
    const { start, end } = await this.#offsetsOf(consumer, topic, partition)
    if (start === end) return end
    const channel = new EventChannel(consumer, String(partition), { enqueuedOn: timestamp, isInclusive: true }, 1, quietSeconds)
    try {
      const events = await channel.next()
      const first = events[0]
      return first === undefined ? end : BigInt(first.sequenceNumber)
    } catch (thrown) {
      throw eventHubsFault(thrown, topic)
    } finally {
      await channel.close()
    }
  }

  async *read(
    topic: string,
    range: OffsetRange,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<SourceBatch, void, undefined> {
    const { partition, start, end } = range
    if (start < 0n || start > end) throw outOfRange(topic, range, {})
    if (start === end) return
    const { consumer } = await this.#open(topic)
    const held = await this.#offsetsOf(consumer, topic, partition)
    if (start < held.start || end > held.end) throw outOfRange(topic, range, held)
    const from = { sequenceNumber: Number(start), isInclusive: true }
    const channel = new EventChannel(consumer, String(partition), from, eventsPerBatch, quietSeconds, options.signal)
    try {
      for (let position = start, quiet = 0; position < end; ) {
        const events: readonly ReceivedEventData[] = await channel.next()
        options.signal?.throwIfAborted()
        if (events.length === 0) {
          // Compacted event hubs may end in a hole: nothing comes although the partition's end lies beyond the range.
          const now = await this.#offsetsOf(consumer, topic, partition)
          if (position < now.start) throw outOfRange(topic, { ...range, start: position }, now)
          if (++quiet < 2) continue
          yield { partition, records: [], position: end, holes: end - position }
          return
        }
        quiet = 0
        const records = events.map((event) => toRecord(topic, partition, event)).filter(({ offset }) => offset >= position && offset < end)
        const last = BigInt((events.at(-1) as ReceivedEventData).sequenceNumber) + 1n
        const from = position
        position = last > end ? end : last
        yield { partition, records, position, holes: skippedBetween(events, from, position) }
      }
    } catch (thrown) {
      options.signal?.throwIfAborted()
      throw eventHubsFault(thrown, topic)
    } finally {
      await channel.close()
    }
  }

  /** Not told apart yet: partitions are compared by their events alone. */
  identify(_topic: string, asked: ReadonlyMap<number, number | undefined>): Promise<ReadonlyMap<number, Identified>> {
    const nothing: Identified = { kind: 'known', topicId: undefined, epoch: undefined, epochEnd: undefined }
    return Promise.resolve(new Map(Array.from(asked.keys(), (partition) => [partition, nothing])))
  }

  async produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    const { producer } = await this.#open(topic)
    const groups = Map.groupBy(records, ({ key, partition }) => {
      if (partition !== undefined) return `partition ${partition}`
      return key === null ? 'any' : `key ${Buffer.from(key).toString('hex')}`
    })
    try {
      for (const group of groups.values()) await sendGroup(producer, group)
    } catch (thrown) {
      throw eventHubsFault(thrown, topic)
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#clients.values())
    this.#clients.clear()
    await Promise.allSettled(opened.flatMap((clients) =>
      clients.status === 'fulfilled' ? [clients.value.consumer.close(), clients.value.producer.close()] : []))
  }

  #open(topic: string): Promise<Clients> {
    let clients = this.#clients.get(topic)
    if (clients === undefined) {
      clients = openClients(this.#connection, topic)
      clients.catch(() => this.#clients.delete(topic))
      this.#clients.set(topic, clients)
    }
    return clients
  }

  async #offsetsOf(consumer: EventHubConsumerClient, topic: string, partition: number): Promise<PartitionOffsets> {
    try {
      return offsetsOf(await consumer.getPartitionProperties(String(partition)))
    } catch (thrown) {
      if (thrown instanceof Error && /partition/i.test(thrown.message) && /not|invalid|range/i.test(thrown.message)) {
        throw partitionMissing(topic, partition)
      }
      throw eventHubsFault(thrown, topic)
    }
  }
}

async function openClients({ connectionString, namespace, consumerGroup }: EventHubsConnection, topic: string): Promise<Clients> {
  const { EventHubConsumerClient, EventHubProducerClient } = await import('@azure/event-hubs')
  const group = consumerGroup ?? EventHubConsumerClient.defaultConsumerGroupName
  if (connectionString !== undefined) {
    return {
      consumer: new EventHubConsumerClient(group, connectionString, topic),
      producer: new EventHubProducerClient(connectionString, topic),
    }
  }
  const { DefaultAzureCredential } = await import('@azure/identity')
  const credential = new DefaultAzureCredential()
  const host = namespace as string
  return {
    consumer: new EventHubConsumerClient(group, host, topic, credential),
    producer: new EventHubProducerClient(host, topic, credential),
  }
}

/** Sequence numbers from `from` to `to` (exclusive) that no event has. Pure; no I/O. */
function skippedBetween(events: readonly ReceivedEventData[], from: bigint, to: bigint): bigint {
  let skipped = 0n
  let next = from
  for (const { sequenceNumber } of events) {
    const at = BigInt(sequenceNumber)
    if (at < next) continue
    skipped += (at < to ? at : to) - next
    next = at + 1n
    if (next >= to) return skipped
  }
  return skipped + (to - next)
}

/** An empty partition begins where its next event will be. */
function offsetsOf(properties: PartitionProperties): PartitionOffsets {
  const end = BigInt(properties.lastEnqueuedSequenceNumber) + 1n
  const start = properties.isEmpty ? end : BigInt(properties.beginningSequenceNumber)
  return { partition: Number(properties.partitionId), start, end }
}

async function sendGroup(producer: EventHubProducerClient, records: readonly ProducedRecord[]): Promise<void> {
  const { key, partition } = records[0] as ProducedRecord
  if (partition !== undefined && records.some((record) => record.key !== null)) {
    throw new SourceError('SOURCE_REFUSED', 'Event Hubs takes a key or a partition, not both. Leave the partition out.')
  }
  const target = partition !== undefined ? { partitionId: String(partition) } : key === null ? {} : { partitionKey: keyText(key) }
  let batch = await producer.createBatch(target)
  for (const { value, headers } of records) {
    const event = {
      body: value === null ? null : Buffer.from(value),
      properties: Object.fromEntries((headers ?? []).map(([name, content]) => [name, content === null ? null : Buffer.from(content)])),
    }
    if (batch.tryAdd(event)) continue
    if (batch.count > 0) await producer.sendBatch(batch)
    batch = await producer.createBatch(target)
    if (!batch.tryAdd(event)) {
      throw new SourceError('SOURCE_RECORD_TOO_LARGE', `An event of ${value?.length ?? 0} bytes is larger than Event Hubs takes.`)
    }
  }
  if (batch.count > 0) await producer.sendBatch(batch)
}

/** Partition keys are text on the wire; bytes that are not would come back changed. */
function keyText(key: Uint8Array): string {
  const text = Buffer.from(key).toString('utf8')
  if (Buffer.compare(Buffer.from(text), key) === 0) return text
  throw new SourceError('SOURCE_REFUSED', 'Event Hubs takes only keys that are UTF-8 text.')
}
