/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import { createHash } from 'node:crypto'

import { type Header, maxPartBytes, type OversizedPart, type RecordDefect, type SourceRecord } from '../source.js'

const noHeaders: readonly Header[] = Object.freeze([])

/** A part of a record: its bytes, or what is known of them when they are too many. */
export type RecordPart = Uint8Array | null | OversizedPart

/** Whether a part was longer than `maxPartBytes`, so that only its length and digest are known. */
export const isOversized = (part: RecordPart | readonly Header[]): part is OversizedPart =>
  part !== null && 'sha256' in part

/** What a record is made of, in the order in which it stands in the log. */
export interface RecordBody {
  readonly timestampDelta: number
  readonly offsetDelta: number
  readonly key: RecordPart
  readonly value: RecordPart
  readonly headers: readonly Header[] | OversizedPart
}

/** The record's content as a SourceRecord has it, the oversized parts left out and named. */
export function contentOf({
  key,
  value,
  headers,
}: RecordBody): Pick<SourceRecord, 'key' | 'value' | 'headers' | 'defect'> {
  if (!isOversized(key) && !isOversized(value) && !isOversized(headers)) return { key, value, headers }
  const parts = [key, value, headers].filter(isOversized)
  return {
    key: isOversized(key) ? null : key,
    value: isOversized(value) ? null : value,
    headers: isOversized(headers) ? noHeaders : headers,
    defect: { kind: 'oversized', parts },
  }
}

/** Bytes as they are, or their digest. */
export function partOf(part: OversizedPart['part'], bytes: Uint8Array): Uint8Array | OversizedPart {
  return bytes.length <= maxPartBytes
    ? bytes
    : { part, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** A record whose bytes cannot be parsed, all of them as its value. */
export function damagedContent(bytes: Uint8Array): Pick<SourceRecord, 'key' | 'value' | 'headers' | 'defect'> {
  const value = partOf('value', bytes)
  const defect: RecordDefect = isOversized(value)
    ? { kind: 'oversized', parts: [value] }
    : { kind: 'damaged', size: bytes.length }
  return { key: null, value: isOversized(value) ? null : value, headers: noHeaders, defect }
}

/** Reads records (message format 2) out of decompressed bytes. */
export class RecordReader {
  at = 0
  readonly #buffer: ArrayBufferLike
  readonly #from: number

  readonly body: Buffer

  constructor(body: Buffer) {
    this.body = body
    this.#buffer = body.buffer
    this.#from = body.byteOffset
  }

  /** Zigzag; exact up to 2^53. NaN behind the bytes' end. */
  varint(): number {
    const { body } = this
    let byte = body[this.at++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = body[this.at++]!
      value += this.at > body.length ? Number.NaN : (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** @returns undefined when they reach beyond `stop` */
  bytes(stop: number): Uint8Array | null | undefined {
    const length = this.varint()
    if (length < 0) return null
    const at = this.at
    this.at += length
    if (!(this.at <= stop)) return undefined
    return new Uint8Array(this.#buffer, this.#from + at, length)
  }

  /** @returns undefined when they are not what fills the bytes up to `stop` */
  headers(stop: number): readonly Header[] | undefined {
    const count = this.varint()
    if (count === 0 && this.at === stop) return noHeaders
    // Each takes two bytes at least.
    if (!(count >= 0 && count * 2 <= stop - this.at)) return undefined
    const headers: Header[] = []
    for (let n = 0; n < count; n++) {
      const length = this.varint()
      const from = this.at
      this.at += length
      if (!(length >= 0 && this.at <= stop)) return undefined
      const value = this.bytes(stop)
      if (value === undefined) return undefined
      headers.push([this.body.toString('utf8', from, from + length), value])
    }
    return this.at === stop ? headers : undefined
  }

  /** The rest of a record, behind its deltas, up to `stop`; undefined when its parts do not fit into it. */
  content(stop: number): Pick<RecordBody, 'key' | 'value' | 'headers'> | undefined {
    const key = this.bytes(stop)
    if (key === undefined) return undefined
    const value = this.bytes(stop)
    if (value === undefined) return undefined
    const headersFrom = this.at
    if (stop - headersFrom > maxPartBytes) {
      return {
        key: key && partOf('key', key),
        value: value && partOf('value', value),
        headers: partOf('headers', this.body.subarray(headersFrom, stop)) as OversizedPart,
      }
    }
    const headers = this.headers(stop)
    return headers && { key: key && partOf('key', key), value: value && partOf('value', value), headers }
  }
}
