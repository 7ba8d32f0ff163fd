import type { Header, SourceRecord } from '../source.js'
import type { RecordPosition, TriggerBatch, TriggerMetadata } from './triggerBatch.js'
import { TriggerError } from './triggerError.js'
import { describe, toKafkaTimestamp, toOffset } from './wireValue.js'

/** Put by a decoder where bytes were not UTF-8; a text that holds it may have been written so, or may have lost bytes. */
const replacement = '\uFFFD'

const noHeaders: readonly Header[] = []

/**
 * The records of a Kafka trigger's invocation, whichever of the two forms its `dataType` has. One record (cardinality
 * one) is a batch of one.
 *
 * ```ts
 * const { records, reread } = fromKafkaTrigger(payload, context.triggerMetadata)
 * ```
 * @throws TriggerError when the payload is neither form
 */
export function fromKafkaTrigger(payload: unknown, metadata: TriggerMetadata = {}): TriggerBatch {
  const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload]
  const collected = new Collected()
  if (items[0] instanceof Uint8Array) readBinary(items, metadata, Array.isArray(payload), collected)
  else for (const item of items) readEnvelope(item, collected)
  return collected
}

class Collected implements TriggerBatch {
  readonly records: SourceRecord[] = []
  readonly reread: RecordPosition[] = []

  add(record: SourceRecord, suspect: boolean): void {
    if (suspect) this.reread.push({ partition: record.partition, offset: record.offset })
    else this.records.push(record)
  }
}

/** `dataType: 'string'`: an object a record, with text for key and value. */
interface Envelope {
  readonly Offset: unknown
  readonly Partition: number
  readonly Topic: string
  readonly Timestamp: unknown
  readonly Key?: string | null
  readonly Value?: string | null
  readonly Headers?: readonly { readonly Key: string; readonly Value: string | null }[] | null
}

function isEnvelope(item: unknown): item is Envelope {
  if (typeof item !== 'object' || item === null) return false
  const { Offset, Partition, Topic, Value, Key } = item as Partial<Record<keyof Envelope, unknown>>
  return (
    Offset !== undefined && Number.isInteger(Partition) && typeof Topic === 'string' && isText(Value) && isText(Key)
  )
}

const isText = (value: unknown) => value === undefined || value === null || typeof value === 'string'

function readEnvelope(item: unknown, into: Collected): void {
  if (!isEnvelope(item)) {
    const remedy = "the binding needs dataType 'string' or 'binary' and no schema registry or Avro schema"
    throw new TriggerError('TRIGGER_PAYLOAD', `The Kafka trigger sent ${describe(item)} for a record; ${remedy}.`)
  }
  const headers = (item.Headers ?? []).map(h => [h.Key, fromBase64(h.Value)] as const)
  const timestamp = toKafkaTimestamp(item.Timestamp)
  into.add(
    {
      topic: item.Topic,
      partition: item.Partition,
      offset: toOffset(item.Offset),
      timestamp: timestamp ?? 0,
      key: toBytes(item.Key),
      value: toBytes(item.Value),
      headers: headers.length === 0 ? noHeaders : headers,
    },
    timestamp === undefined || item.Value?.includes(replacement) === true || keysSuspect(item.Key, headers),
  )
}

/** `dataType: 'binary'`: the values alone, everything else in arrays of the metadata (no arrays for a single record). */
function readBinary(values: readonly unknown[], metadata: TriggerMetadata, many: boolean, into: Collected): void {
  const column = (name: string): readonly unknown[] => {
    const found = many ? metadata[`${name}Array`] : [metadata[name]]
    if (Array.isArray(found) && found.length === values.length) return found
    throw new TriggerError(
      'TRIGGER_PAYLOAD',
      `The Kafka trigger sent ${values.length} binary values but not as many of ${name} in its metadata.`,
    )
  }
  const [offsets, partitions, topics, timestamps] = [
    column('offset'),
    column('partition'),
    column('topic'),
    column('timestamp'),
  ]
  const [keys, headerLists] = [column('key'), column('headers')]
  for (const [i, value] of values.entries()) {
    if (!(value instanceof Uint8Array)) {
      throw new TriggerError('TRIGGER_PAYLOAD', `The Kafka trigger sent ${describe(value)} among binary values.`)
    }
    const key = keys[i] as string | null | undefined
    const headers = headersOf(headerLists[i])
    const timestamp = toKafkaTimestamp(timestamps[i])
    into.add(
      {
        topic: String(topics[i]),
        partition: Number(partitions[i]),
        offset: toOffset(offsets[i]),
        timestamp: timestamp ?? 0,
        key: toBytes(key),
        value,
        headers,
      },
      // A tombstone arrives as no bytes, like an empty value.
      timestamp === undefined || value.length === 0 || keysSuspect(key, headers),
    )
  }
}

/** Headers in the metadata have their names' first letter in lower case. */
function headersOf(list: unknown): readonly Header[] {
  if (!Array.isArray(list) || list.length === 0) return noHeaders
  return (list as readonly { readonly key: string; readonly value: string | null }[]).map(h => [
    h.key,
    fromBase64(h.value),
  ])
}

function keysSuspect(key: string | null | undefined, headers: readonly Header[]): boolean {
  return key?.includes(replacement) === true || headers.some(([name]) => name.includes(replacement))
}

function fromBase64(text: string | null | undefined): Uint8Array | null {
  return text === null || text === undefined ? null : Buffer.from(text, 'base64')
}

function toBytes(text: string | null | undefined): Uint8Array | null {
  return text === null || text === undefined ? null : Buffer.from(text, 'utf8')
}
