import { isUtf8 } from 'node:buffer'

import { UndecodableValue } from '../undecodable.js'

/** Of arrays and maps in one value: items that take no bytes, of which a few bytes could promise any number. */
const maxEmptyItems = 10_000

/** Reads the bytes of one value from front to end, by Avro's binary encoding. Its methods throw UndecodableValue. */
export class AvroBytes {
  readonly #bytes: Buffer
  #at = 0
  #emptyItems = 0

  constructor(value: Uint8Array) {
    this.#bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }

  /** How many bytes were read. */
  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  boolean(): boolean {
    const byte = this.#byte()
    if (byte > 1) throw new UndecodableValue(`the byte ${byte} is neither true nor false`)
    return byte === 1
  }

  int(): number {
    const value = this.long()
    if (typeof value === 'number' && (value | 0) === value) return value
    throw new UndecodableValue(`the number ${value} has more than 32 bits`)
  }

  /** All 64 bits; a number where it holds them exactly. */
  long(): number | bigint {
    let low = 0
    let factor = 1
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte()
      low += (byte & 0x7f) * factor
      if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2
      factor *= 128
    }
    let whole = BigInt(low)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      whole |= BigInt(byte & 0x7f) << shift
      if (byte >= 0x80) continue
      if (whole >= 2n ** 64n) break
      const value = (whole >> 1n) ^ -(whole & 1n)
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : value
    }
    throw new UndecodableValue('a number has more than 64 bits')
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  /** The next bytes, not copied. */
  fixed(size: number): Uint8Array {
    const start = this.#take(size)
    return this.#bytes.subarray(start, start + size)
  }

  bytes(): Uint8Array {
    return this.fixed(this.#length())
  }

  string(): string {
    const size = this.#length()
    const start = this.#take(size)
    const text = this.#bytes.toString('utf8', start, start + size)
    if (text.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(start, start + size)))
      throw new UndecodableValue(`${size} bytes of a text are not UTF-8`)
    return text
  }

  /** Calls `item` for each item of an array, or entry of a map. */
  blocks(item: () => void): void {
    for (;;) {
      let count = this.long()
      if (count === 0) return
      if (count < 0) {
        count = -count
        // How many bytes the block has, for those that pass over it.
        this.long()
      }
      for (let n = 0; n < count; n++) {
        const before = this.#at
        item()
        if (this.#at === before && ++this.#emptyItems > maxEmptyItems)
          throw new UndecodableValue(`an array has more than ${maxEmptyItems} items without any bytes`)
      }
    }
  }

  #length(): number {
    const length = this.long()
    if (typeof length === 'bigint' || length < 0) throw new UndecodableValue(`${length} is no length`)
    return length
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new UndecodableValue('the value ends too early')
    this.#at++
    return byte
  }

  #take(size: number): number {
    if (size > this.remaining)
      throw new UndecodableValue(
        `the value ends too early: ${size} bytes are expected where ${this.remaining} are left`,
      )
    const start = this.#at
    this.#at += size
    return start
  }
}
