import type { ReceivedEventData } from '@azure/event-hubs'
import type { Header, SourceRecord } from '../source.js'

/**
 * An event as a record: the sequence number is the offset, the partition key the key, application properties the
 * headers. The body is kept as bytes; a body that another AMQP client sent as a value is given as JSON. Pure; no I/O.
 */
export function toRecord(topic: string, partition: number, event: ReceivedEventData): SourceRecord {
  return {
    topic,
    partition,
    offset: BigInt(event.sequenceNumber),
    timestamp: event.enqueuedTimeUtc.getTime(),
    key: keyOf(event),
    value: toBytes(event.body),
    headers: Object.entries(event.properties ?? {}).map(([key, value]): Header => [key, toBytes(value)]),
  }
}

/** The library leaves it out, against its own types, when the event has none. */
function keyOf({ partitionKey }: { readonly partitionKey?: string | null }): Uint8Array | null {
  return partitionKey === null || partitionKey === undefined ? null : Buffer.from(partitionKey)
}

function toBytes(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
