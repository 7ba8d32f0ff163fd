import { getHeapStatistics } from 'node:v8'

import { expect, test } from 'vitest'

import { collectGarbage } from '../../../shared/pipeline/maintenance/garbage.js'

test('what was needed once does not stay in the heap of a process that never rests', async () => {
  const megabyte = 2 ** 20
  const heap = () => getHeapStatistics().total_heap_size / megabyte
  const before = heap()
  let needed: object[] | undefined = Array.from({ length: 1_000_000 }, (_, i) => ({ place: i, half: i / 2 }))
  expect(needed).toHaveLength(1_000_000)
  const during = heap()
  expect(during - before).toBeGreaterThan(20)
  needed = undefined
  await collectGarbage()
  expect(heap()).toBeLessThan(during - 15)
})
