import type { BinaryColumn, ByteBuffer, Utf8Column } from '../base/index.js'
import type { PhysicalValues } from './physicalValues.js'

/**
 * Appends values `from` to `to` (end exclusive) as they are (PLAIN).
 *
 * Values with a length are written one by one: to join their bytes first, as DELTA_LENGTH_BYTE_ARRAY wants them, and put
 * the lengths between takes twice the time.
 */
export function appendPlain(out: ByteBuffer, physical: PhysicalValues, from: number, to: number): void {
  switch (physical.kind) {
    case 'boolean':
      appendBits(out, physical.values, from, to)
      return
    case 'text':
      appendStrings(out, physical.values, from, to)
      return
    case 'encodedText':
    case 'encodedBytes':
      appendEncoded(out, physical.values, from, to)
      return
    case 'bytes':
      appendByteArrays(out, physical.values, from, to)
      return
    case 'fixed':
      for (let i = from; i < to; i++) out.append(physical.values[i] as Uint8Array)
      return
    default:
      out.append(memory(physical.values, from, to))
  }
}

/** The values' own memory: typed arrays have the byte order of Parquet on every machine Node runs on. */
function memory(
  values: Int32Array | BigInt64Array | Float32Array | Float64Array,
  from: number,
  to: number,
): Uint8Array {
  const width = values.BYTES_PER_ELEMENT
  return new Uint8Array(values.buffer, values.byteOffset + from * width, (to - from) * width)
}

function appendBits(out: ByteBuffer, values: Uint8Array, from: number, to: number): void {
  const at = out.reserve(Math.ceil((to - from) / 8))
  const { data } = out
  for (let i = from; i < to; i += 8) {
    let byte = 0
    for (let bit = 0; bit < 8 && i + bit < to; bit++) byte |= (values[i + bit] ?? 0) << bit
    data[at + (i - from) / 8] = byte
  }
}

function appendStrings(out: ByteBuffer, values: readonly string[], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const value = values[i] as string
    const size = Buffer.byteLength(value)
    out.appendUint32(size)
    const at = out.reserve(size)
    out.data.write(value, at, size)
  }
}

function appendEncoded(out: ByteBuffer, values: Utf8Column | BinaryColumn, from: number, to: number): void {
  const { bytes, ends } = values
  let start = values.start(from)
  for (let i = from; i < to; i++) {
    const end = ends[i] as number
    out.appendUint32(end - start)
    out.append(bytes.subarray(start, end))
    start = end
  }
}

function appendByteArrays(out: ByteBuffer, values: readonly Uint8Array[], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const value = values[i] as Uint8Array
    out.appendUint32(value.length)
    out.append(value)
  }
}
