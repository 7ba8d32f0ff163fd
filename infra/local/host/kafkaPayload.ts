import { constants as bufferConstants } from 'node:buffer'

import type { SourceRecord } from '../../../shared/sources/index.js'
import { type Binding, textOf, type TypedData } from './coreModule.js'
import { type InvocationInput } from './functionApp.js'

/**
 * What the Kafka extension (4.3) sends to the worker for a batch: for text, one JSON envelope a record; for binary,
 * the values alone; the records' metadata beside them in either case. Like the extension's, this conversion loses
 * what is not UTF-8 and, for binary, the difference between an empty value and none.
 */
export function kafkaInput(binding: Binding, polled: readonly SourceRecord[]): InvocationInput {
  const records = carried(polled)
  const binary = /^binary$/i.test(textOf(binding, 'dataType'))
  return {
    data: binary
      ? { collectionBytes: { bytes: records.map(r => r.value ?? new Uint8Array()) } }
      : { collectionString: { string: records.map(envelope) } },
    triggerMetadata: metadata(records),
  }
}

function envelope(r: SourceRecord): string {
  const value = JSON.stringify(text(r.value))
  const key = JSON.stringify(text(r.key))
  const topic = JSON.stringify(r.topic)
  return (
    `{"Offset":${r.offset},"Partition":${r.partition},"Topic":${topic},"Timestamp":"${timestamp(r)}","Value":${value},` +
    `"LeaderEpoch":null,"IsPartitionEOF":false,"Key":${key},"Headers":${JSON.stringify(headers(r))}}`
  )
}

function metadata(records: readonly SourceRecord[]): Record<string, TypedData> {
  const json = (value: unknown) => ({ json: JSON.stringify(value) })
  return {
    PartitionArray: json(records.map(r => r.partition)),
    OffsetArray: { collectionSint64: { sint64: records.map(r => Number(r.offset)) } },
    TimestampArray: json(records.map(timestamp)),
    TopicArray: { collectionString: { string: records.map(r => r.topic) } },
    KeyArray: json(records.map(r => text(r.key))),
    HeadersArray: json(records.map(headers)),
    LeaderEpochArray: json(records.map(() => null)),
    IsPartitionEOFArray: json(records.map(() => false)),
  }
}

function headers(r: SourceRecord) {
  return r.headers.map(([key, value]) => ({
    Key: key,
    Value: value === null ? null : Buffer.from(value).toString('base64'),
  }))
}

/** A sixth of what a text can hold: that is what a byte may come to in JSON. Keys and headers of a batch share one. */
const maxBytes = Math.floor(bufferConstants.MAX_STRING_LENGTH / 6)

/**
 * What no text can carry, and what is not whole, goes as a record whose key is no UTF-8: the app reads such a one from
 * the source.
 */
function carried(records: readonly SourceRecord[]): readonly SourceRecord[] {
  let room = maxBytes
  return records.map(record => {
    const beside = (record.key?.length ?? 0) + headerBytes(record)
    const isWhole = record.defect === undefined && (record.value?.length ?? 0) <= maxBytes && beside <= room
    if (isWhole) room -= beside
    return isWhole ? record : { ...record, key: Buffer.from([0xff]), value: Buffer.alloc(0), headers: [] }
  })
}

/** As they come out in JSON: names, values as base64, and what is around them. */
function headerBytes({ headers: list }: SourceRecord): number {
  let size = 0
  for (const [name, value] of list) size += Buffer.byteLength(name) + ((value?.length ?? 0) / 3) * 4 + 24
  return size
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** A .NET date as Json.NET prints it: no trailing zeros in the fraction. Beyond what it can hold, its default. */
function timestamp(r: SourceRecord): string {
  if (!(r.timestamp >= -62_135_596_800_000 && r.timestamp < 253_402_300_800_000)) return '0001-01-01T00:00:00Z'
  return new Date(r.timestamp).toISOString().replace(/\.?0+Z$/, 'Z')
}
