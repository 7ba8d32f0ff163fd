import { expect, test } from 'vitest'

import { summaryOf } from './freshness.js'

test('the median and the 99th percentile are values that came up', () => {
  const ages = Array.from({ length: 200 }, (_, i) => 200 - i)
  expect(summaryOf(ages)).toEqual({ events: 200, p50: 100, p99: 198 })
  expect(summaryOf([7])).toEqual({ events: 1, p50: 7, p99: 7 })
})

test('of no events nothing is known', () => {
  expect(summaryOf([])).toEqual({ events: 0, p50: Number.NaN, p99: Number.NaN })
})
