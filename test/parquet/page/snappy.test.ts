import { snappyUncompress } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { compressSnappy, decompressSnappy } from '../../../shared/parquet/page/snappy.js'
import { Random, seedNote } from '../../random.js'

function decompressed(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length)
  decompressSnappy(input, output)
  return output
}

describe('Snappy', () => {
  test('gives back what was compressed: repeated from near and far, overlapping, and not at all', () => {
    const random = new Random()
    for (let round = 0; round < 150; round++) {
      const parts: Uint8Array[] = []
      for (let n = 1 + random.below(30); n > 0; n--) {
        const before = Buffer.concat(parts)
        const from = random.below(before.length + 1)
        parts.push(
          random.pick([
            () => Uint8Array.from({ length: random.below(200) }, () => random.below(256)),
            () => new Uint8Array(random.below(5_000)).fill(random.below(256)),
            () => before.subarray(from, from + random.below(70_000)),
            () => Buffer.from('ab'.repeat(random.below(300))),
          ])(),
        )
      }
      const raw = Buffer.concat(parts)
      expect(Buffer.compare(decompressed(compressSnappy(raw), raw.length), raw), `${seedNote}, round ${round}`).toBe(0)
    }
  })

  test('reads literals and copies of every form', () => {
    // A literal of 61 bytes with its length in one byte, then copies with offsets of one, two and four bytes.
    const literal = Uint8Array.from({ length: 61 }, (_, i) => i)
    const input = Uint8Array.from([
      80,
      60 << 2,
      60,
      ...literal,
      1 | (1 << 2),
      61,
      2 | (5 << 2),
      3,
      0,
      3 | (7 << 2),
      61,
      0,
      0,
      0,
    ])
    const wanted = new Uint8Array(80)
    expect(decompressed(input, 80)).toEqual((snappyUncompress(input, wanted), wanted))
    expect(Array.from(wanted.subarray(61, 66))).toEqual([0, 1, 2, 3, 4])
  })

  test('ends in bytes or in an error whatever is damaged, never past the output', () => {
    const random = new Random()
    const raw = Buffer.from(Array.from({ length: 400 }, () => random.pick(['abc', 'abcdefgh', 'x'])).join(''))
    const whole = compressSnappy(raw)
    for (let round = 0; round < 2_000; round++) {
      const input = Uint8Array.from(whole).subarray(
        0,
        random.below(4) === 0 ? random.below(whole.length) : whole.length,
      )
      for (let flips = random.below(3); flips >= 0; flips--)
        if (input.length > 0) input[random.below(input.length)] = random.below(256)
      try {
        decompressed(input, raw.length)
      } catch (error) {
        expect(error, seedNote).toBeInstanceOf(RangeError)
      }
    }
  })

  test('makes a block of no bytes that holds none', () => {
    expect(compressSnappy(new Uint8Array())).toEqual(Uint8Array.of(0))
  })

  test.each([
    ['too little', 400],
    ['too much', 398],
  ])('holds %s', (_what, length) => {
    expect(() => decompressed(compressSnappy(Buffer.alloc(399, 'abc')), length)).toThrow(RangeError)
  })
})
