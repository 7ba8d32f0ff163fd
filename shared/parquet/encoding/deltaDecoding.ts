import { deltaBinaryUnpack, deltaLengthByteArray } from '../hyparquetInternals.js'

interface Position {
  view: DataView<ArrayBuffer>
  offset: number
}

/**
 * Whole numbers from DELTA_BINARY_PACKED.
 *
 * @throws RangeError on damaged bytes
 */
export function readDeltas<T extends Int32Array | BigInt64Array>(at: Position, output: T): T {
  checkHeader(at)
  deltaBinaryUnpack(at, output.length, output)
  return output
}

/**
 * The lengths at the head of DELTA_LENGTH_BYTE_ARRAY; the bytes follow.
 *
 * @throws RangeError on damaged bytes
 */
export function readLengths(at: Position, count: number): Int32Array {
  return readDeltas(at, new Int32Array(count))
}

/**
 * Bytes from DELTA_LENGTH_BYTE_ARRAY.
 *
 * @throws RangeError on damaged bytes
 */
export function readByLength(at: Position, count: number): Uint8Array[] {
  checkHeader(at)
  const output = new Array<Uint8Array>(count)
  deltaLengthByteArray(at, count, output)
  return output
}

/**
 * Bytes from DELTA_BYTE_ARRAY: the length of the prefix shared with the value before, and the suffix.
 *
 * @param taking called with each value's bytes before it is built: a shared prefix may be long, and shared by many
 * @throws RangeError on damaged bytes
 */
export function readByPrefix(at: Position, count: number, taking: (bytes: number) => void): Uint8Array[] {
  const prefixes = readDeltas(at, new Int32Array(count))
  const suffixes = readByLength(at, count)
  let previous = new Uint8Array()
  return suffixes.map((suffix, i) => {
    const prefix = prefixes[i] ?? 0
    if (prefix < 0 || prefix > previous.length) throw new RangeError('a prefix is longer than the value before')
    taking(prefix + suffix.length)
    const value = new Uint8Array(prefix + suffix.length)
    value.set(previous.subarray(0, prefix))
    value.set(suffix, prefix)
    previous = value
    return value
  })
}

/** The decoder trusts the sizes it finds; damaged ones would have it allocate without bound. */
function checkHeader({ view, offset }: Position): void {
  const block = varint(view, offset)
  const miniblocks = varint(view, block.end)
  const sound = block.value > 0 && miniblocks.value > 0 && miniblocks.value <= 4096
  if (!sound || block.value > 2 ** 24 || block.value % miniblocks.value !== 0) {
    throw new RangeError(`delta blocks of ${block.value} in ${miniblocks.value} parts make no sense`)
  }
}

function varint(view: DataView, start: number): { value: number; end: number } {
  let value = 0
  let end = start
  for (let shift = 1; shift < 2 ** 35; shift *= 0x80) {
    const byte = view.getUint8(end++)
    value += (byte & 0x7f) * shift
    if (byte < 0x80) break
  }
  return { value, end }
}
