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
  const out: number[] = []
  for (let i = 0; i < values.length; i++) pushVarint(out, values[i] as number)
  return bytes(id, Uint8Array.from(out))
}

/** Numbers as little-endian 32-bit floats, whatever the machine. */
export function floats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true)
  return new Uint8Array(view.buffer)
}

function varint(value: number): Uint8Array {
  const out: number[] = []
  pushVarint(out, value)
  return Uint8Array.from(out)
}

function pushVarint(out: number[], value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${String(value)} is no whole number from 0 on`)
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  out.push(rest)
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
