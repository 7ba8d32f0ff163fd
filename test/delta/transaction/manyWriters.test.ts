import { expect, test } from 'vitest'

import { writersBench } from '../../bench/writersBench.js'

/** Thirty milliseconds of storage latency, in simulated time. */
const load = { latencyMs: 30, partitions: 64, durationMs: 20_000 }

test('many who write to one table get their turn: as often as one another, and none waits long', async () => {
  const found = await writersBench({ ...load, writers: 16, pauseMs: 1_000 })
  expect(found).toMatchObject({ wrong: 0, givenUp: 0 })
  expect(found.jain).toBeGreaterThan(0.95)
  expect(found.p99).toBeLessThan(4_000)
})

test('whose partitions are dealt anew while they write cover each offset once', async () => {
  const found = await writersBench({ ...load, writers: 10, pauseMs: 300, dealMs: 1_000 })
  expect(found).toMatchObject({ wrong: 0, givenUp: 0 })
  expect(found.replanned).toBeGreaterThan(0)
})
