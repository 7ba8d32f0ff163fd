import { describe, expect, test } from 'vitest'

import { formatInterval, parseInterval } from '../../../shared/delta/protocol/interval.js'

describe('intervals of table properties', () => {
  test.each([
    ['interval 30 days', 2_592_000_000],
    ['INTERVAL 1 Week', 604_800_000],
    ['7 days 12 hours', 648_000_000],
    ['interval 1.5 seconds', 1500],
    ['interval 1500 microseconds', 2],
    ['interval 0 days', 0],
  ])('%s', (text, ms) => {
    expect(parseInterval(text)).toBe(ms)
  })

  test.each([
    'interval 1 month',
    'interval 2 years',
    '',
    'interval',
    '30',
    'days 30',
    'interval 1 fortnight',
    'interval 1.5 days',
  ])('%j is refused by the property it stands in', text => {
    expect(() => parseInterval(text, 'delta.logRetentionDuration')).toThrow(/delta\.logRetentionDuration/)
  })

  test.each([0, 1, 999, 60_000, 604_800_000, 86_400_001])('%i ms come back', ms => {
    expect(parseInterval(formatInterval(ms))).toBe(ms)
  })
})
