/** Protocol Buffers' wire format, read. */

/** A field of a message: its number, and its value where that is an integer, or its bytes where it has a length. */
export interface WireField {
  readonly id: number
  readonly value: number | undefined
  readonly bytes: Uint8Array | undefined
}

/**
 * The fields of a message in their order. Numbers of a fixed length are passed over.
 * @throws RangeError when the bytes are no message
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  const at = { place: 0 }
  const take = (length: number) => {
    at.place += length
    if (at.place > message.length) throw new RangeError('a message ends within a field')
    return message.subarray(at.place - length, at.place)
  }
  while (at.place < message.length) {
    const tag = readVarint(message, at)
    const [id, type] = [Math.floor(tag / 8), tag % 8]
    const value = type === 0 ? readVarint(message, at) : undefined
    if (type === 1) take(8)
    else if (type === 5) take(4)
    else if (type !== 0 && type !== 2) throw new RangeError(`${type} is no type of a field`)
    yield { id, value, bytes: type === 2 ? take(readVarint(message, at)) : undefined }
  }
}

/**
 * Repeated integers of one field, of 31 bits.
 * @throws RangeError when they are cut off
 */
export function readPacked(bytes: Uint8Array): Int32Array {
  const values = new Int32Array(bytes.filter(byte => byte < 128).length)
  const at = { place: 0 }
  for (let i = 0; at.place < bytes.length; i++) values[i] = readVarint(bytes, at)
  return values
}

/**
 * Little-endian 32-bit floats, whatever the machine.
 * @throws RangeError when they are cut off
 */
export function readFloats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw new RangeError('a list of floats ends within one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const values = new Float32Array(bytes.length / 4)
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true)
  return values
}

/** A string field. */
export function readText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function readVarint(message: Uint8Array, at: { place: number }): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = message[at.place++]
    if (byte === undefined || scale > 2 ** 63) throw new RangeError('a message ends within a field')
    value += (byte & 127) * scale
    if (byte < 128) return value
  }
}
