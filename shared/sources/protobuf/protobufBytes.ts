import { isUtf8 } from 'node:buffer'

import { UndecodableValue } from '../undecodable.js'

/** Reads the bytes of one message from front to end, by Protobuf's wire format. Its methods throw UndecodableValue. */
export class ProtobufBytes {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** What is left, not copied. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  /** 64 bits without a sign. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new UndecodableValue(this.#at > this.#bytes.length ? early : 'a number has more than 64 bits')
  }

  /** 32 bits without a sign: tags, lengths. */
  uint32(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < 5; i++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new UndecodableValue(early)
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new UndecodableValue('a tag or a length has more than 32 bits')
  }

  fixed32(): Buffer {
    return this.take(4)
  }

  fixed64(): Buffer {
    return this.take(8)
  }

  bytes(): Buffer {
    return this.take(this.uint32())
  }

  string(): string {
    const bytes = this.bytes()
    if (!isUtf8(bytes)) throw new UndecodableValue(`${bytes.length} bytes of a text are not UTF-8`)
    return bytes.toString('utf8')
  }

  take(size: number): Buffer {
    const end = this.#at + size
    if (end > this.#bytes.length) throw new UndecodableValue(early)
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  /** Passes over a field of that wire type; of a group all that is in it. */
  skip(wireType: number, number: number, depth = 0): void {
    if (wireType === 0) this.varint()
    else if (wireType === 1) this.take(8)
    else if (wireType === 2) this.bytes()
    else if (wireType === 5) this.take(4)
    else if (wireType === 3 && depth < maxDepth) {
      for (let tag = this.uint32(); tag !== number * 8 + 4; tag = this.uint32())
        this.skip(tag & 7, Math.floor(tag / 8), depth + 1)
    } else throw new UndecodableValue(`field ${number} has the wire type ${wireType}`)
  }

  /** The bytes of a group, to its end. */
  group(number: number): Uint8Array {
    const start = this.#at
    for (;;) {
      const before = this.#at
      const tag = this.uint32()
      if (tag === number * 8 + 4) return this.#bytes.subarray(start, before)
      this.skip(tag & 7, Math.floor(tag / 8))
    }
  }
}

/** Messages inside messages, as other implementations bound them. */
export const maxDepth = 100

const early = 'the value ends too early'
