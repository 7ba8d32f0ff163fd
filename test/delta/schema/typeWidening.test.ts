import { expect, test } from 'vitest'

import { isLossless, isWidening } from '../../../shared/delta/schema/typeWidening.js'

test.each([
  ['byte', 'short'],
  ['byte', 'long'],
  ['integer', 'long'],
  ['float', 'double'],
  ['byte', 'double'],
  ['integer', 'double'],
  ['date', 'timestamp_ntz'],
  ['decimal(5,2)', 'decimal(7,4)'],
  ['decimal(5,2)', 'decimal(38,2)'],
  ['integer', 'decimal(10,0)'],
  ['byte', 'decimal(12,2)'],
  ['long', 'decimal(23,3)'],
])('%s is read as %s', (from, to) => {
  expect(isWidening(from, to)).toBe(true)
})

test.each([
  ['long', 'integer'],
  ['long', 'double'],
  ['double', 'float'],
  ['date', 'timestamp'],
  ['decimal(5,2)', 'decimal(6,4)'],
  ['decimal(5,2)', 'decimal(9,1)'],
  ['integer', 'decimal(10,1)'],
  ['long', 'decimal(19,0)'],
  ['string', 'long'],
  ['constructor', 'long'],
])('%s is not read as %s', (from, to) => {
  expect(isWidening(from, to)).toBe(false)
})

test.each([
  ['byte', 'decimal(4,1)'],
  ['short', 'decimal(5,0)'],
  ['integer', 'decimal(12,2)'],
  ['long', 'decimal(19,0)'],
  ['byte', 'float'],
  ['short', 'float'],
  ['decimal(2,0)', 'byte'],
  ['decimal(9,0)', 'integer'],
  ['decimal(18,0)', 'long'],
  ['decimal(15,0)', 'double'],
  ['decimal(7,0)', 'float'],
  ['float', 'double'],
  ['integer', 'long'],
  ['long', 'long'],
])('%s loses nothing as %s', (from, to) => {
  expect(isLossless(from, to)).toBe(true)
})

test.each([
  ['byte', 'decimal(3,1)'],
  ['short', 'decimal(4,0)'],
  ['integer', 'decimal(9,0)'],
  ['long', 'decimal(18,0)'],
  ['integer', 'float'],
  ['long', 'double'],
  ['decimal(3,0)', 'byte'],
  ['decimal(10,0)', 'integer'],
  ['decimal(19,0)', 'long'],
  ['decimal(16,0)', 'double'],
  ['decimal(4,1)', 'double'],
  ['decimal(2,1)', 'byte'],
  ['double', 'float'],
  ['date', 'timestamp'],
  ['string', 'binary'],
  ['constructor', 'decimal(38,0)'],
  ['decimal(1,0)', 'constructor'],
])('%s may lose something as %s', (from, to) => {
  expect(isLossless(from, to)).toBe(false)
})
