import { expect, test } from 'vitest'

import { parseDuration } from '../../shared/contract/duration.js'

test.each([
  ['10 minutes', 600_000],
  ['1 day', 86_400_000],
  ['90 s', 90_000],
  ['250ms', 250],
  ['1.5 h', 5_400_000],
  ['2 Weeks', 1_209_600_000],
  ['PT15M', 900_000],
  ['P1D', 86_400_000],
  ['P1DT12H', 129_600_000],
  ['PT0.5S', 500],
  ['P2W', 1_209_600_000],
  ['0 s', 0],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '10',
  'minutes',
  '-1 day',
  '1 month',
  '1 year',
  'P1M',
  'P',
  'PT',
  'P1DT',
  '0.1 ms',
  '10 minutes ago',
  'PT1,5S',
  '1 toString',
])('%j has no fixed length', text => {
  expect(parseDuration(text)).toBeNull()
})
