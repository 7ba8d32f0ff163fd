import { snappyCompress } from '../hyparquetInternals.js'

/** Snappy's raw format, as pages of Parquet have it and, in frames, Kafka's record batches. */

/** Any bytes, compressed as one block. */
export function compressSnappy(input: Uint8Array): Uint8Array {
  return input.length === 0 ? new Uint8Array([0]) : snappyCompress(input)
}

/** From here on a copy by the platform is faster than one byte by byte. */
const longCopy = 48

/**
 * Fills `output` with what `input` holds.
 *
 * @throws RangeError when the input is damaged, or holds more or less than the output takes
 */
export function decompressSnappy(input: Uint8Array, output: Uint8Array): void {
  const inputEnd = input.length
  const outputEnd = output.length
  let at = 0
  while (at < inputEnd && (input[at] as number) >= 0x80) at++
  at++
  let to = 0
  while (at < inputEnd) {
    const tag = input[at++] as number
    let length: number
    if ((tag & 3) === 0) {
      length = tag >>> 2
      if (length >= 60) {
        const bytes = length - 59
        if (at + bytes > inputEnd) throw damaged()
        length = 0
        for (let i = bytes - 1; i >= 0; i--) length = length * 256 + (input[at + i] as number)
        at += bytes
      }
      length++
      if (at + length > inputEnd || to + length > outputEnd) throw damaged()
      if (length < longCopy) for (let i = 0; i < length; i++) output[to + i] = input[at + i] as number
      else output.set(input.subarray(at, at + length), to)
      at += length
    } else {
      let offset: number
      if ((tag & 3) === 1) {
        length = ((tag >>> 2) & 7) + 4
        offset = ((tag >>> 5) << 8) | (input[at] as number)
        at += 1
      } else if ((tag & 3) === 2) {
        length = (tag >>> 2) + 1
        offset = (input[at] as number) | ((input[at + 1] as number) << 8)
        at += 2
      } else {
        length = (tag >>> 2) + 1
        offset =
          ((input[at] as number) | ((input[at + 1] as number) << 8) | ((input[at + 2] as number) << 16)) +
          (input[at + 3] as number) * 2 ** 24
        at += 4
      }
      if (at > inputEnd || !(offset > 0 && offset <= to) || to + length > outputEnd) throw damaged()
      const from = to - offset
      // What overlaps repeats itself, so it is copied in order.
      if (length < longCopy || offset < length)
        for (let i = 0; i < length; i++) output[to + i] = output[from + i] as number
      else output.copyWithin(to, from, from + length)
    }
    to += length
  }
  if (to !== outputEnd) throw damaged()
}

function damaged(): RangeError {
  return new RangeError('its compressed bytes are damaged')
}
