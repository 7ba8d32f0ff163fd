import { expect, it } from 'vitest'
import { isWidening } from '../../shared/delta/typeWidening.js'

it.each([
  ['byte', 'short'], ['byte', 'long'], ['integer', 'long'], ['float', 'double'], ['byte', 'double'], ['integer', 'double'],
  ['date', 'timestamp_ntz'], ['decimal(5,2)', 'decimal(7,4)'], ['decimal(5,2)', 'decimal(38,2)'], ['integer', 'decimal(10,0)'],
  ['byte', 'decimal(12,2)'], ['long', 'decimal(23,3)'],
])('%s is read as %s', (from, to) => {
  expect(isWidening(from, to)).toBe(true)
})

it.each([
  ['long', 'integer'], ['long', 'double'], ['double', 'float'], ['date', 'timestamp'], ['decimal(5,2)', 'decimal(6,4)'],
  ['decimal(5,2)', 'decimal(9,1)'], ['integer', 'decimal(10,1)'], ['long', 'decimal(19,0)'], ['string', 'long'], ['constructor', 'long'],
])('%s is not read as %s', (from, to) => {
  expect(isWidening(from, to)).toBe(false)
})
