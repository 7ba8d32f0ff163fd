import { expect, test } from 'vitest'

import { cadenceReference } from '../../../shared/sources/trigger/index.js'

test('a schedule of its own is referred to, and goes before the target', () => {
  const values = { SILVER_SCHEDULE: '0 */5 * * * *', FRESHNESS_TARGET: '5 seconds' }
  expect(cadenceReference('SILVER_SCHEDULE', values)).toBe('%SILVER_SCHEDULE%')
  expect(cadenceReference('GOLD_SCHEDULE', values)).toBe('* * * * * *')
})

test('one that is empty counts as not set: the platform would fail a function that refers to it', () => {
  expect(cadenceReference('GOLD_SCHEDULE', { GOLD_SCHEDULE: ' ' })).toBe('10 * * * * *')
})
