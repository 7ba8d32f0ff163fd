import { type StoredData, Utf8Column } from '../../parquet/index.js'
import type { DataType, Value } from '../../types/index.js'

/** Bits of a hash: few enough for four bytes a key, enough that among 100 million keys one in 690 meets a stranger. */
export const hashBits = 36
const lowUnits = 2 ** (hashBits - 32)

/** Types of keys that are hashed; keys of others are not indexed. */
export const isHashable = (type: DataType): boolean =>
  typeof type === 'string' && ['string', 'byte', 'short', 'integer', 'long'].includes(type)

/** A whole number of {@link hashBits} for a string by its UTF-8 bytes from `start` to `end`; the same for ever. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let [high, low] = [0x2f0b4a17, 0x6a09e667 ^ (end - start)]
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    high = mixed(high, word, 0xcc9e2d51, 0x1b873593)
    low = mixed(low, word, 0x239b961b, 0xab0e9789)
  }
  let word = 0
  for (let shift = 0; at < end; at++, shift += 8) word |= (bytes[at] as number) << shift
  high = avalanche(mixed(high, word, 0xcc9e2d51, 0x1b873593) ^ low)
  low = avalanche(mixed(low, word, 0x239b961b, 0xab0e9789) + high)
  return high * lowUnits + (low & (lowUnits - 1))
}

function mixed(hash: number, word: number, first: number, second: number): number {
  let k = Math.imul(word, first)
  k = Math.imul((k << 15) | (k >>> 17), second)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** Of 32 bits, unsigned. */
function avalanche(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

/** The hash of a key as a row has it; undefined for null. */
export function hashValue(value: Value | undefined): number | undefined {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return hashBytes(bytes, 0, bytes.length)
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  scratchView.setBigInt64(0, BigInt(value), true)
  return hashBytes(scratch, 0, 8)
}

/** The hash of each of a column's keys, NaN for null. */
export function columnHashes(data: StoredData): Float64Array {
  const hashes = new Float64Array(data.length)
  if (data instanceof Utf8Column) {
    let start = 0
    for (let row = 0; row < hashes.length; row++) {
      const end = data.ends[row] as number
      hashes[row] = data.present?.[row] === 0 ? NaN : hashBytes(data.bytes, start, end)
      start = end
    }
    return hashes
  }
  for (let row = 0; row < hashes.length; row++) hashes[row] = hashValue(data[row]) ?? NaN
  return hashes
}
