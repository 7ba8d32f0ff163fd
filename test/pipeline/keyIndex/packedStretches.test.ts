import { expect, test } from 'vitest'

import { PackedStretches } from '../../../shared/pipeline/keyIndex/packedStretches.js'
import { Random, seedNote } from '../../random.js'

/** As files of other engines can have them: columns in any order, groups anywhere, sizes beyond 32 bits. */
function stretches(count: number): number[][] {
  const random = new Random()
  const size = () => random.below(random.below(3) === 0 ? 2 ** 40 : 30_000)
  return Array.from({ length: count }, () => [random.below(10_000), size(), size(), size(), size()])
}

test('stretches are those that were packed, whichever are asked for', () => {
  const all = stretches(500)
  const packed = PackedStretches.of(all)
  expect(packed.count).toBe(500)
  expect(packed.at([...all.keys()]), seedNote).toEqual(all)
  for (const places of [[], [0], [499], [3, 4, 5, 300], [0, 499]])
    expect(packed.at(places), seedNote).toEqual(places.map(place => all[place]))
})

test('pages that lie one behind the other take some eight bytes each', () => {
  const pages = Array.from({ length: 4_000 }, (_, i) => [256, 4 + i * 5_100, 5_100, 30_000_000 + i * 900, 900])
  expect(PackedStretches.of(pages).bytes.length / pages.length).toBeLessThan(9)
})

test('bytes that are other than so many stretches are none', () => {
  const { bytes } = PackedStretches.of(stretches(20))
  expect(PackedStretches.parse(20, bytes)?.count).toBe(20)
  expect(PackedStretches.parse(0, new Uint8Array())?.at([])).toEqual([])
  expect(PackedStretches.parse(19, bytes)).toBeUndefined()
  expect(PackedStretches.parse(21, bytes)).toBeUndefined()
  expect(PackedStretches.parse(20, bytes.subarray(0, -1))).toBeUndefined()
  expect(PackedStretches.parse(20, Uint8Array.of(...bytes, 130))).toBeUndefined()
})
