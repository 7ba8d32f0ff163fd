import type { ReceivedEventData } from '@azure/event-hubs'

import type { Header, SourceRecord } from '../source.js'
import { SourceError } from '../sourceError.js'

/** Kafka's word for "no time": what an event without a readable one has. */
const noTimestamp = -1

/**
 * An event as a record: the sequence number is the offset, the partition key the key, application properties the
 * headers. The body is kept as bytes; a body that another AMQP client sent as a value is given as JSON. Whatever types
 * an event's parts have, it becomes a record: what the contract cannot read is for the contract to reject.
 */
export function toRecord(topic: string, partition: number, event: ReceivedEventData): SourceRecord {
  return {
    topic,
    partition,
    offset: offsetOf(topic, partition, event),
    timestamp: timestampOf(event),
    key: keyOf(event),
    value: valueOf(event),
    headers: Object.entries(propertiesOf(event)).map(([key, value]): Header => [key, toBytes(value)]),
  }
}

/** The library gives a number beyond 2^53 as the eight bytes of the wire. */
export function offsetOf(
  topic: string,
  partition: number,
  { sequenceNumber }: { readonly sequenceNumber: unknown },
): bigint {
  if (typeof sequenceNumber === 'number' && Number.isSafeInteger(sequenceNumber)) return BigInt(sequenceNumber)
  if (sequenceNumber instanceof Uint8Array && sequenceNumber.length === 8)
    return Buffer.from(sequenceNumber).readBigInt64BE()
  throw new SourceError(
    'SOURCE_CORRUPT',
    `Event Hubs sent an event of ${topic}/${partition} without a sequence number.`,
    {
      data: { topic, partition },
    },
  )
}

function timestampOf({ enqueuedTimeUtc }: { readonly enqueuedTimeUtc: unknown }): number {
  const time = enqueuedTimeUtc instanceof Date ? enqueuedTimeUtc.getTime() : Number.NaN
  return Number.isNaN(time) ? noTimestamp : time
}

/** The library leaves it out, against its own types, when the event has none; and it may be of another type than text. */
function keyOf({ partitionKey }: { readonly partitionKey?: unknown }): Uint8Array | null {
  return toBytes(partitionKey)
}

function valueOf(event: ReceivedEventData): Uint8Array | null {
  const body: unknown = event.body
  // A producer may cut a body into several data sections; they are one.
  if (Array.isArray(body) && event.getRawAmqpMessage().bodyType === 'data')
    return Buffer.concat(body as readonly Uint8Array[])
  return toBytes(body)
}

/** As they came: the library's own copy takes bytes apart into an object of numbers. */
function propertiesOf(event: ReceivedEventData): Readonly<Record<string, unknown>> {
  return event.getRawAmqpMessage().applicationProperties ?? {}
}

function toBytes(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value
  return Buffer.from(textOf(value))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return String(value.getTime())
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  try {
    return toJson(value) ?? 'null'
  } catch (error) {
    // Too deep or too long for JSON: a row that says so is better than a partition that stands still.
    return `(an AMQP value that cannot be written as JSON: ${String(error)})`
  }
}

/** As it is: nothing comes of an object that says of itself, by `toJSON`, that it is none. */
const toJson = JSON.stringify as (value: unknown) => string | undefined
