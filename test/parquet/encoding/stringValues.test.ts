import { describe, expect, test } from 'vitest'

import { joinedStrings, plainStrings } from '../../../shared/parquet/encoding/stringValues.js'
import { Random, seedNote } from '../../random.js'

function page(texts: readonly string[], prefixed: boolean): Uint8Array {
  const parts = texts.flatMap(text => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return prefixed ? [length, bytes] : [bytes]
  })
  // Behind other bytes, as a page is in its file.
  return Buffer.concat([Buffer.from('before'), ...parts]).subarray(6)
}

describe('texts decoded many at once', () => {
  test('are what they were, of any length and of any characters, over many blocks', () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const plain = random.below(2) === 0
      const text = () =>
        plain ? 'x'.repeat(random.below(random.pick([3, 300, 70_000]))) : random.text(random.pick([3, 300]))
      const texts = Array.from({ length: random.below(200) }, text)
      const lengths = Int32Array.from(texts, of => Buffer.byteLength(of))
      expect(plainStrings(page(texts, true), texts.length), seedNote).toEqual(texts)
      expect(joinedStrings(page(texts, false), lengths), seedNote).toEqual(texts)
    }
  })

  test('are ASCII although a length is not', () => {
    const texts = ['y'.repeat(128), 'z'.repeat(255), '', 'é', 'w'.repeat(200)]
    expect(plainStrings(page(texts, true), 5)).toEqual(texts)
  })

  test('leave the page as it was', () => {
    const bytes = page(['abc', 'd'.repeat(200)], true)
    const before = Uint8Array.from(bytes)
    plainStrings(bytes, 2)
    expect(bytes).toEqual(Buffer.from(before))
  })

  test.each([
    ['a count that the page cannot hold', () => plainStrings(page(['a'], true), 2_000_000_000)],
    ['a text past the end', () => plainStrings(page(['abc'], true).subarray(0, 6), 1)],
    ['a length past the end', () => plainStrings(Uint8Array.of(255, 255, 255, 255, 1), 1)],
    ['a negative length', () => joinedStrings(page(['abc'], false), Int32Array.of(-1))],
    ['lengths past the end', () => joinedStrings(page(['abc'], false), Int32Array.of(2, 2))],
  ])('of a damaged page are an error: %s', (_what, read) => {
    expect(read).toThrow(RangeError)
  })
})
