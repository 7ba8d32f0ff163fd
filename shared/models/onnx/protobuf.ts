/** Protocol Buffers' wire format, as far as ONNX files need it. */

/** One field as it stands in a message. */
export type Field = Uint8Array

const encoder = new TextEncoder()

/** A message, or the body of one, out of its fields in order. */
export function message(...fields: readonly (Field | readonly Field[])[]): Uint8Array {
  return concat(fields.flatMap(field => (field instanceof Uint8Array ? [field] : field)))
}

/** An integer field; not below zero. */
export function integer(id: number, value: number): Field {
  return concat([varint(id * 8), varint(value)])
}

/** A 32-bit floating-point field. */
export function float(id: number, value: number): Field {
  return concat([varint(id * 8 + 5), floats([value])])
}

/** Bytes, an embedded message, or packed integers. */
export function bytes(id: number, value: Uint8Array): Field {
  return concat([varint(id * 8 + 2), varint(value.length), value])
}

/** A string field, in UTF-8. */
export function text(id: number, value: string): Field {
  return bytes(id, encoder.encode(value))
}

/** Repeated integers in one field. */
export function packed(id: number, values: ArrayLike<number>): Field {
  let length = 0
  for (let i = 0; i < values.length; i++) length += varintLength(values[i] as number)
  const out = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < values.length; i++) at = writeVarint(out, at, values[i] as number)
  return bytes(id, out)
}

/** Numbers as little-endian 32-bit floats, whatever the machine. */
export function floats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true)
  return new Uint8Array(view.buffer)
}

function varint(value: number): Uint8Array {
  const out = new Uint8Array(varintLength(value))
  writeVarint(out, 0, value)
  return out
}

function varintLength(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${String(value)} is no whole number from 0 on`)
  let length = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++
  return length
}

/** @returns where the next one begins */
function writeVarint(out: Uint8Array, from: number, value: number): number {
  let at = from
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) + 128
  out[at++] = rest
  return at
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
