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
  const reader = new RunReader(bytes, start, width)
  for (let seen = 0; seen < out.length;) seen = reader.read(out, seen)
  return reader.at
}

/** Goes over the runs and bit-packed groups of one width. */
class RunReader {
  readonly #bytes: Uint8Array
  readonly #width: number
  at: number

  constructor(bytes: Uint8Array, start: number, width: number) {
    this.#bytes = bytes
    this.at = start
    this.#width = width
  }

  /** Puts the next run, or bit-packed groups, into `out` from `seen` on; answers where they end there. */
  read(out: Uint8Array | Int32Array, seen: number): number {
    const header = this.#header()
    if (header % 2 === 0) {
      const end = Math.min(out.length, seen + header / 2)
      out.fill(this.#value(), seen, end)
      return end
    }
    const groups = (header - 1) / 2
    const end = Math.min(out.length, seen + groups * 8)
    this.#unpack(out, seen, end)
    this.at += groups * this.#width
    return end
  }

  #header(): number {
    let header = 0
    for (let shift = 1; shift <= 2 ** 42; shift *= 0x80) {
      const byte = this.#byte()
      header += (byte & 0x7f) * shift
      if (byte < 0x80) return header
    }
    throw new RangeError('run-length header is too long')
  }

  #value(): number {
    let value = 0
    for (let bits = 0; bits < this.#width; bits += 8) value |= this.#byte() << bits
    return value
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new RangeError('run-length data ends early')
    return byte
  }

  #unpack(out: Uint8Array | Int32Array, from: number, to: number): void {
    const bytes = this.#bytes
    const width = this.#width
    let { at } = this
    // The last group may be cut off by some writers; what it lacks is never read.
    if (at + Math.ceil(((to - from) * width) / 8) > bytes.length) throw new RangeError('bit-packed data ends early')
    let bits = 0
    for (let i = from; i < to; i++) {
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
