import type { BinaryColumn, ByteBuffer, Utf8Column } from '../base/index.js'
import { appendDeltas } from './deltaBinaryPacked.js'
import type { PhysicalValues } from './physicalValues.js'

/** Values that have a length each. */
export type LongValues = Extract<PhysicalValues, { kind: 'text' | 'encodedText' | 'encodedBytes' | 'bytes' }>

/** Appends values `from` to `to` as their lengths, packed, and then all their bytes (DELTA_LENGTH_BYTE_ARRAY). */
export function appendByLength(out: ByteBuffer, physical: LongValues, from: number, to: number): void {
  switch (physical.kind) {
    case 'text':
      appendStrings(out, physical.values, from, to)
      return
    case 'encodedText':
    case 'encodedBytes':
      appendEncoded(out, physical.values, from, to)
      return
    case 'bytes':
      appendBytes(out, physical.values, from, to)
      return
  }
}

function appendStrings(out: ByteBuffer, values: readonly string[], from: number, to: number): void {
  const lengths = new Int32Array(to - from)
  let characters = 0
  for (let i = from; i < to; i++) {
    const { length } = values[i] as string
    lengths[i - from] = length
    characters += length
  }
  // One call for the page instead of one for each value.
  const bytes = Buffer.from((from === 0 && to === values.length ? values : values.slice(from, to)).join(''))
  if (bytes.length === characters) {
    appendDeltas(out, lengths, 0, lengths.length)
    out.append(bytes)
    return
  }
  // A lone surrogate at a value's edge could pair with its neighbour's in the joined text, so each goes by itself.
  const encoded: Buffer[] = []
  for (let i = from; i < to; i++) {
    const value = Buffer.from(values[i] as string)
    encoded.push(value)
    lengths[i - from] = value.length
  }
  appendDeltas(out, lengths, 0, lengths.length)
  for (const value of encoded) out.append(value)
}

function appendEncoded(out: ByteBuffer, values: Utf8Column | BinaryColumn, from: number, to: number): void {
  const first = values.start(from)
  const lengths = new Int32Array(to - from)
  let start = first
  for (let i = from; i < to; i++) {
    const end = values.ends[i] as number
    lengths[i - from] = end - start
    start = end
  }
  appendDeltas(out, lengths, 0, lengths.length)
  out.append(values.bytes.subarray(first, start))
}

function appendBytes(out: ByteBuffer, values: readonly Uint8Array[], from: number, to: number): void {
  const lengths = new Int32Array(to - from)
  let total = 0
  for (let i = from; i < to; i++) {
    const { length } = values[i] as Uint8Array
    lengths[i - from] = length
    total += length
  }
  appendDeltas(out, lengths, 0, lengths.length)
  let at = out.reserve(total)
  const { data } = out
  for (let i = from; i < to; i++) {
    const value = values[i] as Uint8Array
    data.set(value, at)
    at += value.length
  }
}
