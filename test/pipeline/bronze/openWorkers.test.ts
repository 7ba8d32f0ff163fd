import { availableParallelism } from 'node:os'

import { expect, test } from 'vitest'

import { threadsBeside } from '../../../shared/pipeline/bronze/openWorkers.js'

const many = 1_000_000n

test('a topic of one partition gets no thread, which would have nothing to do', () => {
  expect(threadsBeside({ offsets: many, partitions: 1 }, 8)).toBe(0)
  expect(threadsBeside({ offsets: many, partitions: 0 }, 8)).toBe(0)
})

test('there are as many workers as were asked for, this thread among them, and no more than partitions', () => {
  expect(threadsBeside({ offsets: many, partitions: 40 }, 8)).toBe(7)
  expect(threadsBeside({ offsets: many, partitions: 3 }, 8)).toBe(2)
  expect(threadsBeside({ offsets: many, partitions: 1_000 }, 0)).toBe(availableParallelism() - 1)
})

test('a few records are sooner read than a thread has started', () => {
  expect(threadsBeside({ offsets: 19_999n, partitions: 40 }, 8)).toBe(0)
  expect(threadsBeside({ offsets: 20_000n, partitions: 40 }, 8)).toBe(7)
})
