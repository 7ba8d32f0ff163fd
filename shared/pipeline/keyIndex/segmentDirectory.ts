import type { SegmentLayout } from './segmentLayout.js'

/** Buckets from one whose place is known to the next. */
const sampleBits = 6

/** Words of a directory: a bit for each entry, and one for each bucket. */
const wordsOf = ({ entries, bucketBits }: SegmentLayout): number => Math.ceil((entries + 2 ** bucketBits) / 32)

/** Bytes of a directory. */
export const directoryBytes = (layout: SegmentLayout): number => 4 * wordsOf(layout)

/** Notes where the entries of each bucket begin: a one for each entry, and a zero behind those of each bucket. */
export class SegmentDirectoryWriter {
  readonly #bits: Uint32Array
  #entries = 0

  constructor(layout: SegmentLayout) {
    this.#bits = new Uint32Array(wordsOf(layout))
  }

  /** @param bucket of the next entry, not before that of the last one */
  add(bucket: number): void {
    const at = this.#entries++ + bucket
    this.#bits[at >>> 5] = (this.#bits[at >>> 5] as number) | (1 << (at & 31))
  }

  /** The directory's bytes. */
  finish(): Uint8Array {
    return new Uint8Array(this.#bits.buffer)
  }
}

/**
 * Where the entries of each bucket begin, from what {@link SegmentDirectoryWriter} made: the zero behind a bucket's entries is
 * looked for from the last sample on (Elias 1974, Fano 1971). An entry takes little more than a bit, so that buckets can be small.
 */
export class SegmentDirectory {
  readonly #bits: Uint32Array
  /** Entries before every bucket that is a sample. */
  readonly #samples: Uint32Array

  /** @param bytes of {@link directoryBytes} */
  constructor(layout: SegmentLayout, bytes: Uint8Array) {
    this.#bits = new Uint32Array(wordsOf(layout))
    new Uint8Array(this.#bits.buffer).set(bytes)
    this.#samples = new Uint32Array(((2 ** layout.bucketBits) >> sampleBits) + 1)
    let zeros = 0
    for (let word = 0, next = 1; next < this.#samples.length; word++) {
      const free = ~(this.#bits[word] as number)
      const here = ones(free)
      for (; next < this.#samples.length && next << sampleBits <= zeros + here; next++) {
        const bucket = next << sampleBits
        this.#samples[next] = word * 32 + placeOf(free, bucket - zeros) + 1 - bucket
      }
      zeros += here
    }
  }

  /** Entries before those of a bucket; of the number of buckets, all entries. */
  startOf(bucket: number): number {
    const sample = bucket >>> sampleBits
    const start = this.#samples[sample] as number
    let wanted = bucket - (sample << sampleBits)
    if (wanted === 0) return start
    const at = start + (sample << sampleBits)
    let word = at >>> 5
    let free = ~(this.#bits[word] as number) & (-1 << (at & 31))
    for (let here = ones(free); here < wanted; here = ones(free)) {
      wanted -= here
      free = ~(this.#bits[++word] as number)
    }
    return word * 32 + placeOf(free, wanted) + 1 - bucket
  }

  /** Where the entries of a bucket end that begin there. */
  endOf(bucket: number, start: number): number {
    let at = start + bucket
    for (let free = ~(this.#bits[at >>> 5] as number) >>> (at & 31); ; free = ~(this.#bits[at >>> 5] as number)) {
      if (free !== 0) return at + 31 - Math.clz32(free & -free) - bucket
      at = (at | 31) + 1
    }
  }
}

/** How many bits of 32 are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Where the bit is that is the so manieth of those set, counted from one. */
function placeOf(word: number, nth: number): number {
  let left = word
  for (let n = nth; n > 1; n--) left &= left - 1
  return 31 - Math.clz32(left & -left)
}
