import { hashBits } from './keyHash.js'

/**
 * How the entries of a segment are packed. They are sorted by hash; a hash's first bits choose a bucket, whose entries
 * hold the rest of it and the row group that has the key.
 */
export interface EntryLayout {
  readonly entries: number
  readonly bucketBits: number
  readonly groupBits: number
  /** Bits of an entry. */
  readonly entryBits: number
}

/** A bucket has from 64 to 128 entries on average. */
const bucketSizeBits = 6
/** An entry that begins inside a byte is read as a whole number of 48 bits. */
const widestUnaligned = 41

/** @param groups row groups that the entries name; no more than there are entries */
export function entryLayout(entries: number, groups: number): EntryLayout {
  const bucketBits = Math.max(0, Math.floor(Math.log2(Math.max(1, entries))) - bucketSizeBits)
  const groupBits = Math.ceil(Math.log2(Math.max(2, groups)))
  const bits = hashBits - bucketBits + groupBits
  return { entries, bucketBits, groupBits, entryBits: bits > widestUnaligned ? 48 : bits }
}

/** Bytes of all entries, and a few more, so that one can be read at the end. */
export const entriesBytes = ({ entries, entryBits }: EntryLayout): number => Math.ceil((entries * entryBits) / 8) + 6

/** The entry at a place, out of bytes that begin at byte `from` of the entries: rest of the hash, row group. */
export function readEntry(
  view: DataView,
  from: number,
  place: number,
  { entryBits, groupBits }: EntryLayout,
): { readonly rest: number; readonly group: number } {
  const bit = place * entryBits
  const byte = Math.floor(bit / 8)
  const at = byte - from
  const word = view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32
  const value = Math.floor(word / 2 ** (bit - byte * 8)) % 2 ** entryBits
  const rest = Math.floor(value / 2 ** groupBits)
  return { rest, group: value - rest * 2 ** groupBits }
}

/** Packs entries one behind the other. */
export class EntryPacker {
  readonly #layout: EntryLayout
  readonly #bytes: Uint8Array
  #used = 0
  #pending = 0
  #pendingBits = 0

  /** @param room bytes that may gather before they are taken */
  constructor(layout: EntryLayout, room: number) {
    this.#layout = layout
    this.#bytes = new Uint8Array(room + 16)
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#used
  }

  push(rest: number, group: number): void {
    const { entryBits, groupBits } = this.#layout
    let value = (rest * 2 ** groupBits + group) * 2 ** this.#pendingBits + this.#pending
    let bits = entryBits + this.#pendingBits
    for (; bits >= 8; bits -= 8) {
      this.#bytes[this.#used++] = value % 256
      value = Math.floor(value / 256)
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
