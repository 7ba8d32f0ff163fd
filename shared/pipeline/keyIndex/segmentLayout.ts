import { hashBits } from './keyHash.js'

/**
 * How the entries of a segment are packed. They are sorted by hash; a hash's first bits choose a bucket, whose entries
 * hold the rest of it and the stretch of rows that has the key.
 */
export interface SegmentLayout {
  readonly entries: number
  readonly bucketBits: number
  /** Hashes of a bucket. */
  readonly bucketSpan: number
  readonly stretchBits: number
  /** Bits of an entry. */
  readonly entryBits: number
}

/** A bucket has from two to four entries on average. */
const bucketSizeBits = 1
/** An entry that begins inside a byte is read as a whole number of 48 bits. */
const widestUnaligned = 41

/** @param stretches that the entries name; no more than there are entries */
export function segmentLayout(entries: number, stretches: number): SegmentLayout {
  const bucketBits = Math.max(0, Math.floor(Math.log2(Math.max(1, entries))) - bucketSizeBits)
  const stretchBits = Math.ceil(Math.log2(Math.max(2, stretches)))
  const bits = hashBits - bucketBits + stretchBits
  const bucketSpan = 2 ** (hashBits - bucketBits)
  return { entries, bucketBits, bucketSpan, stretchBits, entryBits: bits > widestUnaligned ? 48 : bits }
}

/** Bytes of all entries, and a few more, so that one can be read at the end. */
export const entriesBytes = ({ entries, entryBits }: SegmentLayout): number => Math.ceil((entries * entryBits) / 8) + 6

/** Entries in bytes that begin somewhere among them. An entry as a number is the rest of its hash times {@link unit}, plus its stretch. */
export class EntryReader {
  readonly unit: number
  readonly #bits: number
  readonly #units: readonly number[]

  constructor({ entryBits, stretchBits }: SegmentLayout) {
    this.unit = 2 ** stretchBits
    this.#bits = entryBits
    this.#units = [...Array.from({ length: 8 }, (_, shift) => 2 ** shift), 2 ** entryBits]
  }

  /** @param from which byte of the entries the view begins at; it has less than 2^28 of them */
  at(view: DataView, from: number, place: number): number {
    const bit = place * this.#bits - from * 8
    const byte = bit >>> 3
    const shift = bit & 7
    const low = view.getUint32(byte, true)
    const high = view.getUint16(byte + 4, true)
    if (this.#bits <= 32) {
      const value = shift === 0 ? low : (low >>> shift) | (high << (32 - shift))
      return (this.#bits === 32 ? value : value & ((1 << this.#bits) - 1)) >>> 0
    }
    const word = Math.floor((high * 2 ** 32 + low) / (this.#units[shift] as number))
    const entry = this.#units[8] as number
    return word - Math.floor(word / entry) * entry
  }
}

/** Packs entries one behind the other. */
export class EntryPacker {
  readonly #bits: number
  readonly #unit: number
  readonly #bytes: Uint8Array
  #used = 0
  #pending = 0
  #pendingBits = 0

  /** @param room bytes that may gather before they are taken */
  constructor(layout: SegmentLayout, room: number) {
    this.#bits = layout.entryBits
    this.#unit = 2 ** layout.stretchBits
    this.#bytes = new Uint8Array(room + 16)
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#used
  }

  push(rest: number, stretch: number): void {
    let value = (rest * this.#unit + stretch) * (1 << this.#pendingBits) + this.#pending
    let bits = this.#bits + this.#pendingBits
    for (; bits >= 8; bits -= 8) {
      const above = Math.floor(value / 256)
      this.#bytes[this.#used++] = value - above * 256
      value = above
    }
    this.#pending = value
    this.#pendingBits = bits
  }

  /** What has gathered; the bytes are the caller's. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#used)
    this.#used = 0
    return taken
  }

  /** Ends the last entry and adds bytes that hold nothing. */
  finish(): Uint8Array {
    const rest = this.take()
    const tail = new Uint8Array(rest.length + (this.#pendingBits > 0 ? 1 : 0) + 6)
    tail.set(rest)
    if (this.#pendingBits > 0) tail[rest.length] = this.#pending
    return tail
  }
}
