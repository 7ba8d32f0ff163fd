import { createHash } from 'node:crypto'

import type { ParseOutcome, Rejection, Stream, UndeclaredCounter } from '../../contract/index.js'
import { asError } from '../../errors.js'
import type { Header, OversizedPart, SourceRecord } from '../../sources/index.js'
import { kafkaTimestamp } from './kafkaTimestamp.js'

/** A record as bronze keeps it, and why it is rejected before the contract is asked, if it is. */
export interface BoundedRecord {
  readonly record: SourceRecord
  readonly rejection: Rejection | undefined
}

/**
 * Any record whatever becomes a row: what is longer than `maxBytes` is left out and reported by its length and digest,
 * and a record that the source could not decode is rejected as damaged.
 */
export function boundedRecord(record: SourceRecord, maxBytes: number): BoundedRecord {
  const { key, value, headers, defect } = record
  const parts = defect?.kind === 'oversized' ? [...defect.parts] : []
  const isKept = (part: OversizedPart['part'], bytes: Uint8Array | null) => {
    if (bytes === null || bytes.length <= maxBytes) return true
    parts.push({ part, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    return false
  }
  const keepsKey = isKept('key', key)
  const keepsValue = isKept('value', value)
  const keepsHeaders = headers.length === 0 || sizeOf(headers, maxBytes) <= maxBytes
  if (!keepsHeaders) parts.push(digestOf(headers))
  if (parts.length > 0) {
    const kept = {
      ...record,
      key: keepsKey ? key : null,
      value: keepsValue ? value : null,
      headers: keepsHeaders ? headers : [],
    }
    return {
      record: kept,
      rejection: {
        code: 'RECORD_TOO_LARGE',
        path: parts.map(({ part }) => part).join(', '),
        message: tooLarge(parts, maxBytes),
      },
    }
  }
  if (defect?.kind !== 'damaged') return { record, rejection: undefined }
  const kept = value === null ? 'they are too many to be kept' : '_value has all of them'
  const message = `the record's ${String(defect.size)} bytes cannot be parsed as key, value and headers; ${kept}`
  return { record, rejection: { code: 'RECORD_DAMAGED', path: '', message } }
}

function tooLarge(parts: readonly OversizedPart[], maxBytes: number): string {
  const described = parts.map(({ part, size, sha256 }) => {
    const has = part === 'headers' ? 'the headers have' : `the ${part} has`
    return `${has} ${String(size)} bytes (SHA-256 ${sha256})`
  })
  return `${described.join(' and ')}, more than the ${String(maxBytes)} that BRONZE_MAX_RAW_SIZE keeps`
}

/** Of names and values; no further than it takes to know that it is too much. */
function sizeOf(headers: readonly Header[], enough: number): number {
  let size = 0
  for (const [name, value] of headers) {
    size += Buffer.byteLength(name) + (value?.length ?? 0) + 2
    if (size > enough) return size
  }
  return size
}

function digestOf(headers: readonly Header[]): OversizedPart {
  const hash = createHash('sha256')
  for (const [name, value] of headers) {
    hash.update(name)
    if (value !== null) hash.update(value)
  }
  return { part: 'headers', size: sizeOf(headers, Infinity), sha256: hash.digest('hex') }
}

/** What an ingestion says of all its rows. */
export interface Ingestion {
  /** Milliseconds. */
  readonly ingestedAt: number
  /** Of a key, a value or headers that a row keeps: longer ones are kept as their digest. */
  readonly maxRawBytes: number
  /** Whether anybody asks for the spans that records come from. */
  readonly followsSources?: boolean | undefined
  /** Records whose keys were erased before, and that may come again; undefined when there are none. */
  readonly erased?: ErasedOffsets | undefined
}

/** By partition and offset: Kafka's timestamp of the record that was erased, in microseconds. */
export type ErasedOffsets = ReadonlyMap<number, ReadonlyMap<bigint, bigint | null>>

/** A record as bronze keeps it, and what the contract says of it. */
export interface ValidatedRecord {
  readonly record: SourceRecord
  /** Kafka's, in milliseconds; undefined where it is no date. */
  readonly timestamp: number | undefined
  /** Undefined of a tombstone, which has nothing to say of. */
  readonly outcome: ParseOutcome | undefined
}

/**
 * Validates any record whatever: what cannot be kept, or makes the contract throw, is an outcome too.
 * @param undeclared counts the fields that it has and the contract lacks
 */
export function validateRecord(
  stream: Stream,
  whole: SourceRecord,
  ingestion: Ingestion,
  undeclared?: UndeclaredCounter,
): ValidatedRecord {
  const timestamp = kafkaTimestamp(whole)
  if (isErased(whole, timestamp, ingestion.erased)) {
    const rejection: Rejection = { code: 'ERASED', path: '', message: '' }
    return {
      record: { ...whole, key: null, value: null, headers: [] },
      timestamp,
      outcome: { valid: false, rejection },
    }
  }
  const { record, rejection } = boundedRecord(whole, ingestion.maxRawBytes)
  if (rejection !== undefined) return { record, timestamp, outcome: { valid: false, rejection } }
  if (record.value === null) return { record, timestamp, outcome: undefined }
  return { record, timestamp, outcome: parsed(stream, record.value, timestamp, ingestion.ingestedAt, undeclared) }
}

/** At the same offset of a topic with another history stands a record of another time. */
function isErased({ partition, offset }: SourceRecord, timestamp: number | undefined, erased?: ErasedOffsets): boolean {
  const known = erased?.get(partition)?.get(offset)
  return known !== undefined && known === (timestamp === undefined ? null : BigInt(timestamp) * 1000n)
}

/** What the contract says; where it throws, that is what it says. */
function parsed(
  stream: Stream,
  value: Uint8Array,
  timestamp: number | undefined,
  ingestedAt: number,
  undeclared: UndeclaredCounter | undefined,
): ParseOutcome {
  try {
    return stream.parse(value, timestamp ?? null, ingestedAt, undeclared)
  } catch (error) {
    return {
      valid: false,
      rejection: { code: 'NOT_DECODED', path: '', message: `the value cannot be validated: ${asError(error).message}` },
    }
  }
}
