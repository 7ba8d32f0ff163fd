import { describe, expect, test } from 'vitest'

import { ByteBuffer } from '../../../shared/parquet/base/byteBuffer.js'
import { appendDeltas, packable } from '../../../shared/parquet/encoding/deltaBinaryPacked.js'
import { readDeltas } from '../../../shared/parquet/encoding/deltaDecoding.js'

const [least, most] = [-(2 ** 31), 2 ** 31 - 1]

describe('numbers packed as differences', () => {
  test('whose differences leave 32 bits are not packed: other readers refuse a page of such a least difference', () => {
    for (const values of [
      [1_900_000_000, -1_900_000_000],
      [-1_900_000_000, 1_900_000_000],
      [most, least],
      [least, most],
      [0, least, 0, 1],
    ])
      expect(packable(Int32Array.from(values)), values.join()).toBe(false)
  })

  test('whose differences just fit are packed, and come back', () => {
    for (const values of [
      [0, most, most],
      [0, least, least],
      [least, -1, most - 1],
      [most, 0, least + 1],
    ]) {
      const numbers = Int32Array.from(values)
      expect(packable(numbers), values.join()).toBe(true)
      const out = new ByteBuffer()
      appendDeltas(out, numbers, 0, numbers.length)
      const bytes = Uint8Array.from(out.bytes())
      expect([...readDeltas({ view: new DataView(bytes.buffer), offset: 0 }, new Int32Array(numbers.length))]).toEqual(
        values,
      )
    }
  })

  test('of 64 bits may lie further apart', () => {
    expect(packable(Float64Array.from([0, 3_000_000_000, 3_000_000_005]))).toBe(true)
  })
})
