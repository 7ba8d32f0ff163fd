import { SourceError } from '../sourceError.js'

/**
 * Kafka's big-endian primitives, read from a buffer in order.
 * @throws SourceError (from every method) SOURCE_CORRUPT at the end of the bytes
 */
export class ByteReader {
  #position = 0
  readonly #view: DataView

  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }

  nullableString(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const at = this.#take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  /** A view, not a copy. Null counts as empty. */
  byteArray(): Buffer {
    const length = Math.max(0, this.int32())
    const at = this.#take(length)
    return this.bytes.subarray(at, at + length)
  }

  array<T>(item: () => T): T[] {
    const length = Math.max(0, this.int32())
    // Every item takes a byte at least: a length of garbage must not become an array of two thousand millions.
    if (length > this.bytes.length - this.#position) throw cutOff(this.bytes.length)
    return Array.from({ length }, item)
  }

  #take(length: number): number {
    const at = this.#position
    if (at + length > this.bytes.length) throw cutOff(this.bytes.length)
    this.#position += length
    return at
  }
}

const cutOff = (length: number): SourceError =>
  new SourceError(
    'SOURCE_CORRUPT',
    `An answer of the broker ends early, at byte ${length}: it is not what the protocol says.`,
  )

/** The writing side; grows as needed. */
export class ByteWriter {
  /** Replaced by every growth: reserve first, then name it. */
  #bytes: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** A view of what was written; the writer is not to be used after it. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  int8(value: number): this {
    const at = this.#grow(1)
    this.#bytes.writeInt8(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#grow(2)
    this.#bytes.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#grow(4)
    this.#bytes.writeInt32BE(value, at)
    return this
  }

  uint32(value: number): this {
    const at = this.#grow(4)
    this.#bytes.writeUInt32BE(value, at)
    return this
  }

  int64(value: bigint): this {
    const at = this.#grow(8)
    this.#bytes.writeBigInt64BE(value, at)
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const length = Buffer.byteLength(value)
    if (length > 0x7fff) throw new RangeError(`A text of ${length} bytes does not fit a Kafka string.`)
    this.int16(length)
    const at = this.#grow(length)
    this.#bytes.write(value, at, 'utf8')
    return this
  }

  raw(value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  byteArray(value: Uint8Array): this {
    return this.int32(value.length).raw(value)
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    items.forEach(write)
    return this
  }

  /** Zigzag, for whole numbers up to 2^52 either side of zero. */
  varint(value: number): this {
    let rest = value < 0 ? -value * 2 - 1 : value * 2
    let at = this.#grow(10)
    const start = at
    while (rest >= 0x80) {
      this.#bytes[at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[at++] = rest
    this.#length -= 10 - (at - start)
    return this
  }

  varBytes(value: Uint8Array | null): this {
    return value === null ? this.varint(-1) : this.varint(value.length).raw(value)
  }

  #grow(length: number): number {
    const at = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }
}

/** Bytes that a zigzag varint of the value takes. */
export function varintSize(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}
