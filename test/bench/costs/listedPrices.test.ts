import { expect, test } from 'vitest'

import { listedCost } from './listedPrices.js'

const price = { name: 'x', perGigabyte: 0.05, perHour: [0.036, 0.36], condition: '' } as const

test('a price by the gigabyte and by the hour, of a million events', () => {
  // 0.2 GB; a million at 1,000/s takes 1,000 s, which is 0.2777… h.
  const [least, most] = listedCost(price, 1_000, 200)
  expect(least).toBeCloseTo(0.01 + 0.01, 12)
  expect(most).toBeCloseTo(0.01 + 0.1, 12)
})

test('by the gigabyte alone it does not depend on the rate', () => {
  const flat = { ...price, perHour: [0, 0] } as const
  expect(listedCost(flat, 1, 1_000)).toEqual(listedCost(flat, 10_000, 1_000))
})
