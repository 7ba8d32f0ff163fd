import type { Header, SourceRecord } from '../source.js'
import type { RecordPosition, TriggerBatch, TriggerMetadata } from './triggerBatch.js'
import { TriggerError } from './triggerError.js'
import { describe, toOffset, toTimestamp } from './wireValue.js'

const noHeaders: readonly Header[] = []

/**
 * The records of an Event Hubs trigger's invocation (binary values, cardinality many), which are all of one partition.
 * The sequence number is the offset, the partition key the key, as the source has it.
 *
 * An event with application properties is to be read again: on the way to the function the first letter of a property's
 * name is made lower case, so that the names are not what was sent. So is one whose key, properties or time did not
 * arrive in a form that can be distinguished from others: its sequence number says which event it is.
 *
 * @throws TriggerError when the payload is something else
 */
export function fromEventHubTrigger(topic: string, payload: unknown, metadata: TriggerMetadata = {}): TriggerBatch {
  const values: readonly unknown[] = Array.isArray(payload) ? payload : [payload]
  const partition = partitionOf(metadata)
  const sequenceNumbers = column(metadata, 'sequenceNumberArray', values.length)
  const times = columnOrNone(metadata, 'enqueuedTimeUtcArray', values.length)
  const keys = columnOrNone(metadata, 'partitionKeyArray', values.length)
  const properties = columnOrNone(metadata, 'propertiesArray', values.length)
  const records: SourceRecord[] = []
  const reread: RecordPosition[] = []
  for (const [i, value] of values.entries()) {
    if (!(value instanceof Uint8Array)) {
      const what = describe(value)
      throw new TriggerError(
        'TRIGGER_PAYLOAD',
        `The Event Hubs trigger sent ${what} for an event; the binding needs dataType 'binary'.`,
      )
    }
    const offset = toOffset(sequenceNumbers[i])
    const timestamp = timestampOf(times?.[i])
    const key = keyOf(keys?.[i])
    if (
      value.length === 0 ||
      properties === undefined ||
      hasProperties(properties[i]) ||
      timestamp === undefined ||
      key === undefined
    ) {
      reread.push({ partition, offset })
      continue
    }
    records.push({ topic, partition, offset, timestamp, key, value, headers: noHeaders })
  }
  return { records, reread }
}

function partitionOf(metadata: TriggerMetadata): number {
  for (const name of ['partitionContext', 'triggerPartitionContext']) {
    const id = (metadata[name] as { partitionId?: unknown } | null | undefined)?.partitionId
    if ((typeof id === 'string' || typeof id === 'number') && /^\d+$/.test(String(id))) return Number(id)
  }
  throw new TriggerError('TRIGGER_PAYLOAD', 'The Event Hubs trigger did not say which partition its events are from.')
}

function column(metadata: TriggerMetadata, name: string, length: number): readonly unknown[] {
  const found = columnOrNone(metadata, name, length)
  if (found !== undefined) return found
  throw new TriggerError(
    'TRIGGER_PAYLOAD',
    `The Event Hubs trigger sent ${length} events but not as many entries of ${name}.`,
  )
}

function columnOrNone(metadata: TriggerMetadata, name: string, length: number): readonly unknown[] | undefined {
  const found = metadata[name]
  return Array.isArray(found) && found.length === length ? found : undefined
}

/** Undefined when it cannot be known: the partition is not to stand still over one event's time. */
function timestampOf(time: unknown): number | undefined {
  try {
    return toTimestamp(time)
  } catch {
    return undefined
  }
}

/**
 * Null when the event has none, undefined when it cannot be known: text that a decoder may have changed is not the key.
 */
function keyOf(key: unknown): Uint8Array | null | undefined {
  if (key === null || key === '') return null
  return typeof key === 'string' && !key.includes('\uFFFD') ? Buffer.from(key, 'utf8') : undefined
}

function hasProperties(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
