import { expect, test } from 'vitest'

import { defaultFetchBytes, fetchBytesOf } from '../../../shared/sources/kafka/fetchLimits.js'

test.each([
  ['a few offsets bring little of what lies behind them', 64n, defaultFetchBytes, 16 * 1024],
  ['a longer range is fetched in large answers', 65n, defaultFetchBytes, 2 * 1024 * 1024],
  ['a source that fetches less keeps to it', 1n, 1_000, 1_000],
])('%s', (_what, offsets, most, bytes) => {
  const start = 2n ** 60n
  expect(fetchBytesOf({ partition: 0, start, end: start + offsets }, most)).toBe(bytes)
})
