import { describe, expect, test } from 'vitest'

import { formatBound, parseBound } from '../../../shared/delta/stats/valueBounds.js'
import { widenedBounds } from '../../../shared/delta/stats/widenedBounds.js'
import { type DataType, parseJson } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
const bounds = (type: DataType, text: string) => ({
  min: widenedBounds.min(type, parseJson(text)),
  max: widenedBounds.max(type, parseJson(text)),
})
const hold = (type: DataType, text: string, value: bigint) => {
  const { min, max } = bounds(type, text)
  return typeof min === 'bigint' && typeof max === 'bigint' && min <= value && value <= max
}

describe('what a bound can mean that a known writer left', () => {
  test.each<[what: string, type: DataType, text: string, value: bigint]>([
    ['a long whose double was written out', 'long', '1234567890123456768', 1234567890123456789n],
    ['the shortest digits of its double', 'long', '1234567890123456800', 1234567890123456789n],
    ['the same with an exponent', 'long', '1.2345678901234568e18', 1234567890123456789n],
    ['a negative one', 'long', '-9.223372036854776e18', -(2n ** 63n) + 1n],
    ['the first that a double cannot hold', 'long', '9007199254740992.0', 9007199254740993n],
    ['a decimal without a fraction', decimal(38, 0), '1234567890123456768', 1234567890123456789n],
    ['a decimal of twenty digits', decimal(20, 2), '123456789012345680.0', 12345678901234567890n],
    ['a decimal whose double has few digits', decimal(38, 30), '0.1', 10n ** 29n + 5n],
    ['a small negative one', decimal(38, 20), '-0.3', -30000000000000000001n],
  ])('%s holds the value that it was made of', (_what, type, text, value) => {
    expect(hold(type, text, value)).toBe(true)
  })

  test.each<[what: string, type: DataType, text: string]>([
    ['a short long', 'long', '42'],
    ['a long with all its digits', 'long', '1234567890123456789'],
    ['a decimal that a double holds', decimal(15, 2), '1234567890123.45'],
    ['a decimal with more digits than a double has', decimal(38, 10), '1234567890123.4567890123'],
    ['zero', decimal(38, 18), '0E-18'],
    ['a time in UTC', 'timestamp', '"2024-02-29T12:00:00.000Z"'],
    ["a wall clock's", 'timestamp_ntz', '"2024-02-29T12:00:00.000"'],
    ['a text', 'string', '"zz"'],
    ['a number', 'double', '4.5'],
  ])('%s is a bound as it stands', (_what, type, text) => {
    const exact = parseBound(type, parseJson(text))
    expect(exact).toBeDefined()
    expect(bounds(type, text)).toEqual({ min: exact, max: exact })
  })

  test('what a writer divided as doubles is held, at any precision and scale', () => {
    const random = new Random()
    for (let i = 0; i < 5000; i++) {
      const precision = 16 + random.below(23)
      const scale = random.below(precision + 1)
      let digits = String(1 + random.below(9))
      while (digits.length < precision) digits += String(random.below(10))
      const value = BigInt((random.below(2) === 0 ? '-' : '') + digits.slice(0, 1 + random.below(precision)))
      const double = Number(value) / 10 ** scale
      for (const text of new Set([String(double), double.toExponential(), double.toPrecision(17)])) {
        const { min, max } = bounds(decimal(precision, scale), text)
        const held = (min === undefined || (min as bigint) <= value) && (max === undefined || (max as bigint) >= value)
        expect(held, `${seedNote}: ${value} at ${scale} as ${text}`).toBe(true)
      }
    }
  })

  test('an offset of local mean time, cut to minutes, is up to a minute beside its time', () => {
    // New York was 4:56:02 behind; what was noon there is written so.
    const noon = BigInt(Date.UTC(1850, 0, 1, 16, 56, 2)) * 1000n
    expect(hold('timestamp', '"1850-01-01T12:00:00.000-04:56"', noon)).toBe(true)
    // St. John's was 3:30:52 behind, of which a usual offset is left.
    expect(hold('timestamp', '"1930-01-01T12:00:00.000-03:30"', BigInt(Date.UTC(1930, 0, 1, 15, 30, 52)) * 1000n)).toBe(
      true,
    )
    expect(hold('timestamp', '"1850-01-01T12:00:00.000+00:53"', BigInt(Date.UTC(1850, 0, 1, 11, 6, 32)) * 1000n)).toBe(
      true,
    )
  })

  test('a greatest text that ends in U+FFFD says nothing, and a least one does', () => {
    expect(bounds('string', '"aa\ufffd"')).toEqual({ min: 'aa\ufffd', max: undefined })
  })

  test('NaN as the least says nothing: a writer that compares with < keeps it from whatever came first', () => {
    expect(bounds('double', '"NaN"')).toEqual({ min: undefined, max: NaN })
  })

  test('our own bounds of long decimals stay around the value', () => {
    const type = decimal(38, 18)
    const value = 5n * 10n ** 18n
    expect(hold(type, formatBound(type, value) ?? '', value)).toBe(true)
  })
})
