import { describe, expect, test } from 'vitest'

import { RoaringBitmap } from '../../../shared/delta/deletionVectors/roaringBitmap.js'
import { portableMagic } from '../../../shared/delta/deletionVectors/roaringFormat.js'
import { DeltaError } from '../../../shared/delta/deltaError.js'
import { Random, seedNote } from '../../random.js'

/** Positions in blocks of every density: arrays, bitmaps, runs, and far apart. */
function randomPositions(random: Random): number[] {
  const positions = new Set<number>()
  for (let block = random.below(5); block >= 0; block--) {
    const start = random.pick([0, 65_536, 131_072, 4_000_000_000, 2 ** 32 + 7 * 65_536, 2 ** 40])
    const shape = random.below(4)
    if (shape === 0) for (let i = 0; i < 50; i++) positions.add(start + random.below(65_536))
    else if (shape === 1) for (let i = 0; i < 9000; i++) positions.add(start + random.below(65_536))
    else if (shape === 2)
      for (let i = random.below(1000), end = i + random.below(70_000); i < end; i++) positions.add(start + i)
    else positions.add(start + random.pick([0, 65_535]))
  }
  return [...positions].sort((a, b) => a - b)
}

describe('a bitmap', () => {
  test('comes back from its bytes, whatever it holds', () => {
    const random = new Random()
    for (let round = 0; round < 40; round++) {
      const positions = randomPositions(random)
      const bitmap = RoaringBitmap.of([...positions].reverse())
      const back = RoaringBitmap.decode(bitmap.encode())
      const label = `${seedNote} round ${round}`
      expect(back.cardinality, label).toBe(positions.length)
      expect([...back.positions()], label).toEqual(positions)
      expect(back.end, label).toBe((positions.at(-1) ?? -1) + 1)
      expect(Buffer.from(back.encode()).equals(bitmap.encode()), label).toBe(true)
    }
  })

  test('marks exactly its own among any rows, across containers', () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const positions = randomPositions(random)
      const bitmap = RoaringBitmap.decode(RoaringBitmap.of(positions).encode())
      const start = Math.max(0, random.pick(positions) - random.below(100_000))
      const count = random.below(200_000)
      const marks = bitmap.marks(start, count) ?? new Uint8Array(count)
      const found: number[] = []
      for (let i = 0; i < count; i++) if (marks[i] === 1) found.push(start + i)
      expect(found, `${seedNote} round ${round}`).toEqual(positions.filter(p => p >= start && p < start + count))
    }
  })

  test('grows by further positions and keeps those it had', () => {
    const base = RoaringBitmap.of([1, 70_000, 5_000_000_000])
    const grown = RoaringBitmap.of([2, 70_000, 65_536], base)
    expect([...grown.positions()]).toEqual([1, 2, 65_536, 70_000, 5_000_000_000])
    expect([...base.positions()]).toEqual([1, 70_000, 5_000_000_000])
  })

  test('uses the form that takes the fewest bytes', () => {
    const run = RoaringBitmap.of(Array.from({ length: 60_000 }, (_, i) => i))
    const sparse = RoaringBitmap.of(Array.from({ length: 100 }, (_, i) => i * 600))
    const dense = RoaringBitmap.of(Array.from({ length: 30_000 }, (_, i) => i * 2))
    expect(run.encode().length).toBeLessThan(40)
    expect(sparse.encode().length).toBeLessThan(250)
    expect(dense.encode().length).toBeLessThan(8300)
  })

  test('is read in the form of Delta’s first days too', () => {
    const portable = Buffer.from(RoaringBitmap.of([3, 4, 7, 70_000]).encode())
    const body = portable.subarray(16)
    const native = Buffer.alloc(12)
    native.writeInt32LE(portableMagic - 1, 0)
    native.writeInt32LE(1, 4)
    native.writeInt32LE(body.length, 8)
    expect([...RoaringBitmap.decode(Buffer.concat([native, body])).positions()]).toEqual([3, 4, 7, 70_000])
  })

  test.each([-1, 1.5, NaN, 2 ** 53])('%d is no position', position => {
    expect(() => RoaringBitmap.of([position])).toThrow(RangeError)
  })

  test('any damage gives other positions or a DeltaError, and nothing else', () => {
    const random = new Random()
    const whole = Array.from({ length: 10 }, () => RoaringBitmap.of(randomPositions(random)).encode())
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(random.pick(whole))
      const early = Math.min(bytes.length, 60)
      for (let flips = 1 + random.below(3); flips > 0; flips--)
        bytes[random.below(random.below(2) === 0 ? early : bytes.length)] = random.below(256)
      const cut = random.below(3) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes
      try {
        expect(RoaringBitmap.decode(cut).cardinality).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect(error, `${seedNote} round ${round}`).toBeInstanceOf(DeltaError)
      }
    }
  })
})
