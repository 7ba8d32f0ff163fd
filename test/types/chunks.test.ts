import { expect, test } from 'vitest'

import { chunks } from '../../shared/types/chunks.js'

test('chunks keep the order, hold what fits, and never lose an item that is too large', () => {
  expect(chunks([3, 3, 9, 1, 2], n => n, 6)).toEqual([[3, 3], [9], [1, 2]])
  expect(chunks([], () => 1, 6)).toEqual([])
})
