/* eslint-disable @typescript-eslint/no-non-null-assertion -- places are read inside the length that is kept */
import { recordBytes } from '../recordBytes.js'
import type { Header, PackedRecords, SourceRecord } from '../source.js'

const noHeaders: readonly Header[] = Object.freeze([])

/** Records whose bytes lie in one piece, and what their offsets count from. */
interface Piece {
  readonly body: Buffer
  readonly baseOffset: bigint
  /** The same as a number; NaN where no offset that counts from it is sure to be exact. */
  readonly base: number
  /** Place of its first record. */
  readonly first: number
}

/** Numbers kept of a record: offset delta, where key and value begin, their lengths (-1: null). */
const stride = 5

/** Offset deltas have 32 bits. */
const mostExact = BigInt(Number.MAX_SAFE_INTEGER) - 2n ** 32n

/**
 * Records of one partition, packed as they are decoded.
 *
 * @example for (const record of pack) console.log(record.offset)
 */
export class RecordPack implements PackedRecords {
  readonly topic: string
  readonly partition: number
  readonly #pieces: Piece[] = []
  readonly #headers = new Map<number, readonly Header[]>()
  readonly #whole = new Map<number, SourceRecord>()
  #places = new Int32Array(stride * 1024)
  #timestamps = new Float64Array(1024)
  #length = 0
  #bytes = 0
  // The piece that was asked for last: they are mostly asked for in order.
  #lastPiece = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The records that follow lie in `body`, and count their offsets from `baseOffset`. */
  begin(body: Buffer, baseOffset: bigint): void {
    const base = baseOffset < mostExact ? Number(baseOffset) : NaN
    this.#pieces.push({ body, baseOffset, base, first: this.#length })
  }

  /** Adds a record; where the parts begin counts in the piece that was begun last, and a length of -1 is null. */
  // eslint-disable-next-line max-params -- an object for each record is what this class spares
  add(offsetDelta: number, timestamp: number, keyAt: number, keyLength: number, valueAt: number, valueLength: number) {
    const n = this.#length++
    if (n === this.#timestamps.length) this.#grow()
    const places = this.#places
    const at = n * stride
    places[at] = offsetDelta
    places[at + 1] = keyAt
    places[at + 2] = keyLength
    places[at + 3] = valueAt
    places[at + 4] = valueLength
    this.#timestamps[n] = timestamp
    this.#bytes += (keyLength > 0 ? keyLength : 0) + (valueLength > 0 ? valueLength : 0)
  }

  /** Headers of the record that was added last. */
  addHeaders(headers: readonly Header[]): void {
    this.#headers.set(this.#length - 1, headers)
    this.#bytes += recordBytes({ key: null, value: null, headers })
  }

  /** Adds a record that is not in the pieces as it is here: one with a defect. */
  addWhole(record: SourceRecord, offsetDelta: number): void {
    this.add(offsetDelta, record.timestamp, 0, -1, 0, -1)
    this.#whole.set(this.#length - 1, record)
    this.#bytes += recordBytes(record)
  }

  /** Forgets the records from `length` on, which nobody has asked for yet. */
  truncate(length: number): void {
    while (this.#length > length) {
      this.#bytes -= this.sizeAt(--this.#length)
      this.#headers.delete(this.#length)
      this.#whole.delete(this.#length)
    }
    while ((this.#pieces.at(-1)?.first ?? -1) > length) this.#pieces.pop()
    this.#lastPiece = 0
  }

  sizeAt(n: number): number {
    const whole = this.#whole.get(n)
    if (whole !== undefined) return recordBytes(whole)
    const keyLength = this.#places[n * stride + 2]!
    const valueLength = this.#places[n * stride + 4]!
    const own = (keyLength > 0 ? keyLength : 0) + (valueLength > 0 ? valueLength : 0)
    const headers = this.#headers.size === 0 ? undefined : this.#headers.get(n)
    return headers === undefined ? own : own + recordBytes({ key: null, value: null, headers })
  }

  isPlain(n: number): boolean {
    return !(this.#whole.has(n) || this.#headers.has(n))
  }

  bodyOf(n: number): Buffer {
    return this.#pieceOf(n).body
  }

  offsetAt(n: number): bigint {
    return this.#pieceOf(n).baseOffset + BigInt(this.#places[n * stride]!)
  }

  exactOffsetAt(n: number): number | undefined {
    const offset = this.#pieceOf(n).base + this.#places[n * stride]!
    return offset === offset ? offset : undefined
  }

  timestampAt(n: number): number {
    return this.#timestamps[n]!
  }

  keyAt(n: number): number {
    return this.#places[n * stride + 1]!
  }

  keyLength(n: number): number {
    return this.#places[n * stride + 2]!
  }

  valueAt(n: number): number {
    return this.#places[n * stride + 3]!
  }

  valueLength(n: number): number {
    return this.#places[n * stride + 4]!
  }

  record(n: number): SourceRecord {
    const whole = this.#whole.get(n)
    if (whole !== undefined) return whole
    const { topic, partition } = this
    const body = this.bodyOf(n)
    return {
      topic,
      partition,
      offset: this.offsetAt(n),
      timestamp: this.timestampAt(n),
      key: viewOf(body, this.keyAt(n), this.keyLength(n)),
      value: viewOf(body, this.valueAt(n), this.valueLength(n)),
      headers: this.#headers.get(n) ?? noHeaders,
    }
  }

  *[Symbol.iterator](): Generator<SourceRecord> {
    for (let n = 0; n < this.#length; n++) yield this.record(n)
  }

  #pieceOf(n: number): Piece {
    const pieces = this.#pieces
    let at = this.#lastPiece
    if (n < pieces[at]!.first) at = 0
    while (at + 1 < pieces.length && pieces[at + 1]!.first <= n) at++
    this.#lastPiece = at
    return pieces[at]!
  }

  #grow(): void {
    const places = new Int32Array(this.#places.length * 2)
    places.set(this.#places)
    this.#places = places
    const timestamps = new Float64Array(this.#timestamps.length * 2)
    timestamps.set(this.#timestamps)
    this.#timestamps = timestamps
  }
}

function viewOf(body: Buffer, at: number, length: number): Uint8Array | null {
  return length < 0 ? null : new Uint8Array(body.buffer, body.byteOffset + at, length)
}
