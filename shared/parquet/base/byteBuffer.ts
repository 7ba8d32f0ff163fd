/** Bytes that grow as they are appended to. The view `bytes()` gives is valid until the next append. */
export class ByteBuffer {
  #data: Buffer
  #length = 0

  constructor(capacity = 1024) {
    this.#data = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  bytes(): Buffer {
    return this.#data.subarray(0, this.#length)
  }

  /** Forgets what was written and keeps the room, unless it is more than `most` bytes. */
  clear(most = Infinity): void {
    this.#length = 0
    if (this.#data.length > most) this.#data = Buffer.allocUnsafeSlow(most)
  }

  /** Makes room for `size` bytes, counts them as written and answers where they start in {@link data}. */
  reserve(size: number): number {
    const start = this.#length
    const end = start + size
    if (end > this.#data.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#data.length * 2, end))
      this.#data.copy(grown, 0, 0, start)
      this.#data = grown
    }
    this.#length = end
    return start
  }

  /** The whole buffer, for writing at the offset that {@link reserve} returned; replaced by the next reserve. */
  get data(): Buffer {
    return this.#data
  }

  append(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.#data.set(bytes, at)
  }

  appendByte(value: number): void {
    const at = this.reserve(1)
    this.#data[at] = value
  }

  appendUint32(value: number): void {
    const at = this.reserve(4)
    this.#data.writeUInt32LE(value >>> 0, at)
  }

  /** An unsigned number below 2^53 in groups of seven bits. */
  appendVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.appendByte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.appendByte(rest)
  }

  /** A number between −2^52 and 2^52, small ones short whatever their sign; {@link fromZigzag} of the varint is the number. */
  appendSigned(value: number): void {
    this.appendVarint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** A signed 64-bit number, small ones short whatever their sign. */
  appendZigzag(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest >= 0x80n) {
      this.appendByte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.appendByte(Number(rest))
  }
}

/** The number with a sign that a varint stands for. */
export const fromZigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)
