import { createHash } from 'node:crypto'

import type { Rejection } from '../../contract/index.js'
import type { Header, OversizedPart, SourceRecord } from '../../sources/index.js'

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
