import { expect, test } from 'vitest'

import { formatDecimal, formatShortDecimal, parseDecimal, parseSparkDecimal } from '../../shared/types/decimalText.js'
import { Random, seedNote } from '../random.js'

test.each([
  ['12.3', 2, 1230n],
  ['+12.30', 2, 1230n],
  ['-.5', 1, -5n],
  ['5.', 0, 5n],
  ['1.23E+1', 1, 123n],
  ['1e3', 0, 1000n],
  ['100e-2', 0, 1n],
  ['0e99999', 3, 0n],
  [`1.${'0'.repeat(600)}`, 2, 100n],
])('%s at scale %i', (text, scale, unscaled) => {
  expect(parseDecimal(text, scale)).toBe(unscaled)
  expect(parseSparkDecimal(` ${text}\t`, scale)).toBe(unscaled)
})

test.each(['', '.', '-', 'e5', '1e', '1,5', '0x10', 'NaN', '12.345', '1e-3', '1e999999999', '１'])(
  '%j is no decimal of scale 2',
  text => {
    expect(parseDecimal(text, 2)).toBeUndefined()
    expect(parseSparkDecimal(text, 2)).toBeUndefined()
  },
)

test('only Spark ignores blanks around a number', () => {
  expect([' 1', '1 ', '1\n'].map(text => parseDecimal(text, 0))).toEqual([undefined, undefined, undefined])
})

test('every decimal is read back from either way of writing it', () => {
  const random = new Random()
  for (let i = 0; i < 5_000; i++) {
    const unscaled = random.long() * random.pick([1n, 1_000_000_007n])
    const scale = random.below(39)
    for (const text of [formatDecimal(unscaled, scale), formatShortDecimal(unscaled, scale)])
      expect(parseDecimal(text, scale), `${text} ${seedNote}`).toBe(unscaled)
  }
})
