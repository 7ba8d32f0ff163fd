import type { ByteBuffer } from '../base/index.js'

const blockSize = 128
const miniblocks = 4
const miniblockSize = blockSize / miniblocks

/**
 * Whole numbers as differences in few bits (DELTA_BINARY_PACKED). Every difference within a block must lie less than
 * 2^32 above the block's least, and every number within ±2^52; see {@link packable}.
 */
export function appendDeltas(out: ByteBuffer, values: Int32Array | Float64Array, from: number, to: number): void {
  const count = to - from
  out.appendVarint(blockSize)
  out.appendVarint(miniblocks)
  out.appendVarint(count)
  out.appendZigzag(BigInt(count === 0 ? 0 : (values[from] ?? 0)))
  const deltas = new Float64Array(blockSize)
  const packed = new Uint32Array(blockSize)
  let previous = values[from] ?? 0
  for (let at = from + 1; at < to; at += blockSize) {
    const size = Math.min(blockSize, to - at)
    let least = Infinity
    for (let i = 0; i < size; i++) {
      const value = values[at + i] ?? 0
      const delta = value - previous
      previous = value
      deltas[i] = delta
      if (delta < least) least = delta
    }
    out.appendZigzag(BigInt(least))
    packed.fill(0)
    for (let i = 0; i < size; i++) packed[i] = (deltas[i] ?? 0) - least
    appendBlock(out, packed, size)
  }
}

function appendBlock(out: ByteBuffer, packed: Uint32Array, size: number): void {
  const widthsAt = out.reserve(miniblocks)
  for (let m = 0; m < miniblocks; m++) {
    const start = m * miniblockSize
    let all = 0
    if (start < size) for (let i = start; i < start + miniblockSize; i++) all |= packed[i] ?? 0
    const width = 32 - Math.clz32(all)
    out.data[widthsAt + m] = width
    if (width > 0) pack(out, packed, start, width)
  }
}

/** 32 numbers of `width` bits take `width` words of 32 bits. */
function pack(out: ByteBuffer, packed: Uint32Array, start: number, width: number): void {
  let at = out.reserve(width * 4)
  const { data } = out
  let word = 0
  let bits = 0
  for (let i = start; i < start + miniblockSize; i++) {
    const value = packed[i] ?? 0
    word |= value << bits
    bits += width
    if (bits >= 32) {
      data[at] = word
      data[at + 1] = word >>> 8
      data[at + 2] = word >>> 16
      data[at + 3] = word >>> 24
      at += 4
      bits -= 32
      word = bits === 0 ? 0 : value >>> (width - bits)
    }
  }
}

const limit = 2 ** 52

/** Differences of 32-bit numbers that are 32-bit numbers too: readers refuse a page whose least one is not. */
const limit32 = 2 ** 31

/** Whether {@link appendDeltas} can write these numbers so that every reader takes them. */
export function packable(values: Int32Array | Float64Array): boolean {
  let previous = values[0] ?? 0
  let least = Infinity
  let most = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (value > limit || value < -limit) return false
    const delta = value - previous
    previous = value
    if (delta < least) least = delta
    if (delta > most) most = delta
  }
  if (values instanceof Int32Array && (least < -limit32 || most >= limit32)) return false
  return most - least < 2 ** 32
}

/** 64-bit numbers as doubles, or nothing when one of them does not fit exactly. */
export function asDoubles(values: BigInt64Array): Float64Array | undefined {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const doubles = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const high = halves[2 * i + 1] ?? 0
    if (high >= 0x100000 || high < -0x100000) return undefined
    doubles[i] = high * 0x100000000 + ((halves[2 * i] ?? 0) >>> 0)
  }
  return doubles
}
