import { ByteBuffer, fromZigzag, type Stretch } from '../../parquet/index.js'

/** Rows; where the keys begin and their bytes; the same of the event times. */
const numbersOf = 5

/**
 * The stretches of a file, each in some eight bytes: a file of millions of rows has thousands of them, of which a run asks for
 * a few. Where one begins is kept as its distance from the end of the one before.
 */
export class PackedStretches {
  readonly count: number
  readonly bytes: Uint8Array

  private constructor(count: number, bytes: Uint8Array) {
    this.count = count
    this.bytes = bytes
  }

  static of(stretches: readonly Stretch[]): PackedStretches {
    const bytes = new ByteBuffer()
    let [keyEnd, timeEnd] = [0, 0]
    for (const [rows = 0, keyStart = 0, keyBytes = 0, timeStart = 0, timeBytes = 0] of stretches) {
      bytes.appendVarint(rows)
      bytes.appendSigned(keyStart - keyEnd)
      bytes.appendVarint(keyBytes)
      bytes.appendSigned(timeStart - timeEnd)
      bytes.appendVarint(timeBytes)
      keyEnd = keyStart + keyBytes
      timeEnd = timeStart + timeBytes
    }
    return new PackedStretches(stretches.length, Uint8Array.from(bytes.bytes()))
  }

  /** @returns undefined for bytes that are not so many stretches */
  static parse(count: number, bytes: Uint8Array): PackedStretches | undefined {
    let numbers = 0
    for (const byte of bytes) if (byte < 128) numbers++
    const isWhole = numbers === count * numbersOf && (bytes.at(-1) ?? 0) < 128
    return isWhole ? new PackedStretches(count, bytes) : undefined
  }

  /** @param places ascending, each less than {@link count} */
  at(places: readonly number[]): Stretch[] {
    const found: Stretch[] = []
    let [at, keyEnd, timeEnd] = [0, 0, 0]
    const next = () => {
      let number = 0
      for (let unit = 1; ; unit *= 128) {
        const byte = this.bytes[at++] ?? 0
        number += (byte & 127) * unit
        if (byte < 128) return number
      }
    }
    for (let place = 0; found.length < places.length && place < this.count; place++) {
      const rows = next()
      const keyStart = keyEnd + fromZigzag(next())
      keyEnd = keyStart + next()
      const timeStart = timeEnd + fromZigzag(next())
      timeEnd = timeStart + next()
      if (place === places[found.length])
        found.push([rows, keyStart, keyEnd - keyStart, timeStart, timeEnd - timeStart])
    }
    return found
  }
}
