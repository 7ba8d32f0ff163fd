import type { ByteBuffer } from '../base/index.js'

/** Bits that hold every number from 0 to `max`. */
export function bitWidth(max: number): number {
  return 32 - Math.clz32(max)
}

const shortestRun = 16

/**
 * Appends values `from` to `to` (end exclusive) in Parquet's mixture of runs and bit-packed groups of eight.
 */
export function appendRuns(
  out: ByteBuffer,
  values: Uint8Array | Int32Array,
  from: number,
  to: number,
  width: number,
): void {
  let packedFrom = from
  let at = from
  while (at < to) {
    const value = values[at]
    let end = at + 1
    while (end < to && values[end] === value) end++
    // Groups before a run must be whole, so the run gives up what completes them.
    const filler = (8 - ((at - packedFrom) & 7)) & 7
    if (end - at - filler >= shortestRun) {
      const start = at + filler
      appendPacked(out, values, packedFrom, start, width)
      appendRun(out, value ?? 0, end - start, width)
      packedFrom = end
    }
    at = end
  }
  appendPacked(out, values, packedFrom, to, width)
}

/** Appends `count` times the same value. */
export function appendRun(out: ByteBuffer, value: number, count: number, width: number): void {
  if (count === 0) return
  out.appendVarint(count * 2)
  for (let bits = 0; bits < width; bits += 8) out.appendByte((value >>> bits) & 0xff)
}

function appendPacked(out: ByteBuffer, values: Uint8Array | Int32Array, from: number, to: number, width: number): void {
  if (to === from) return
  const groups = Math.ceil((to - from) / 8)
  out.appendVarint(groups * 2 + 1)
  const size = groups * width
  let at = out.reserve(size)
  const { data } = out
  let pending = 0
  let bits = 0
  for (let i = from; i < from + groups * 8; i++) {
    let value = i < to ? (values[i] ?? 0) : 0
    let left = width
    while (left > 0) {
      const take = Math.min(8 - bits, left)
      pending |= (value & ((1 << take) - 1)) << bits
      value >>>= take
      bits += take
      left -= take
      if (bits === 8) {
        data[at++] = pending
        pending = 0
        bits = 0
      }
    }
  }
}

/**
 * Fills `out` from runs that start at `start`; answers where they end.
 *
 * @throws RangeError when the bytes give out first
 */
export function readRuns(bytes: Uint8Array, start: number, width: number, out: Uint8Array | Int32Array): number {
  const count = out.length
  let at = start
  let seen = 0
  while (seen < count) {
    let header = 0
    let shift = 1
    for (;;) {
      if (at >= bytes.length) throw new RangeError('run-length data ends early')
      const byte = bytes[at++] ?? 0
      header += (byte & 0x7f) * shift
      if (byte < 0x80) break
      shift *= 0x80
      if (shift > 2 ** 42) throw new RangeError('run-length header is too long')
    }
    if (header % 2 === 0) {
      let value = 0
      for (let bits = 0; bits < width; bits += 8) {
        if (at >= bytes.length) throw new RangeError('run-length data ends early')
        value |= (bytes[at++] ?? 0) << bits
      }
      const end = Math.min(count, seen + header / 2)
      out.fill(value, seen, end)
      seen = end
      continue
    }
    const wanted = Math.min(((header - 1) / 2) * 8, count - seen)
    // The last group may be cut off by some writers; what it lacks is never read.
    if (at + Math.ceil((wanted * width) / 8) > bytes.length) throw new RangeError('bit-packed data ends early')
    readPacked(bytes, at, width, out, seen, wanted)
    at += ((header - 1) / 2) * width
    seen += wanted
  }
  return at
}

/**
 * Fills `out` from Parquet's deprecated BIT_PACKED encoding, which begins with the uppermost bit of each byte; answers
 * where it ends.
 *
 * @throws RangeError when the bytes give out first
 */
export function readBitPacked(bytes: Uint8Array, start: number, width: number, out: Uint8Array): number {
  const end = start + Math.ceil((out.length * width) / 8)
  if (end > bytes.length) throw new RangeError('bit-packed data ends early')
  let at = start * 8
  for (let i = 0; i < out.length; i++) {
    let value = 0
    for (const until = at + width; at < until; at++)
      value = (value << 1) | (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    out[i] = value
  }
  return end
}

function readPacked(
  bytes: Uint8Array,
  start: number,
  width: number,
  out: Uint8Array | Int32Array,
  from: number,
  count: number,
): void {
  let at = start
  let bits = 0
  for (let i = from; i < from + count; i++) {
    let value = 0
    let have = 0
    while (have < width) {
      const take = Math.min(8 - bits, width - have)
      value |= (((bytes[at] ?? 0) >>> bits) & ((1 << take) - 1)) << have
      have += take
      bits += take
      if (bits === 8) {
        bits = 0
        at++
      }
    }
    out[i] = value
  }
}
