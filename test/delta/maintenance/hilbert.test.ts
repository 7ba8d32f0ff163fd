import { describe, expect, test } from 'vitest'

import { hilbertIndex } from '../../../shared/delta/maintenance/hilbert.js'

describe('the Hilbert curve', () => {
  test.each([
    [1, 5],
    [2, 1],
    [2, 4],
    [3, 3],
    [4, 2],
  ])('visits every cell of %i axes of %i bits once, each a neighbour of the last', (axes, bits) => {
    const side = 1 << bits
    const cells = Array.from({ length: side ** axes }, (_, key) =>
      Array.from({ length: axes }, (_, axis) => Math.floor(key / side ** axis) % side),
    )
    const path = new Array<readonly number[] | undefined>(cells.length)
    for (const cell of cells) path[hilbertIndex(cell, bits)] = cell
    for (let i = 1; i < path.length; i++) {
      const distance = (path[i] ?? []).reduce((sum, x, axis) => sum + Math.abs(x - (path[i - 1]?.[axis] ?? NaN)), 0)
      expect(distance).toBe(1)
    }
  })
})
