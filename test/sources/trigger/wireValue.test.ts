import { describe, expect, test } from 'vitest'

import { toOffset, toTimestamp } from '../../../shared/sources/trigger/wireValue.js'

describe('toOffset', () => {
  test('an unbundled worker sends {low, high, unsigned} instead of a number', () => {
    expect(toOffset({ low: 41, high: 0, unsigned: false })).toBe(41n)
    expect(toOffset({ low: -1, high: 0, unsigned: false })).toBe(4_294_967_295n)
    expect(toOffset({ low: 1, high: 2_097_152, unsigned: false })).toBe(9_007_199_254_740_993n)
  })

  test.each([
    [0, 0n],
    ['9007199254740993', 9_007_199_254_740_993n],
    [7n, 7n],
  ])('%s is read exactly', (given, expected) => {
    expect(toOffset(given)).toBe(expected)
  })

  test.each([2 ** 53, 1.5, Number.NaN, '12abc', '', null, undefined, {}, { low: 1 }])(
    '%s is refused, never rounded',
    given => {
      expect(() => toOffset(given)).toThrow(expect.objectContaining({ code: 'TRIGGER_OFFSET' }))
    },
  )
})

describe('toTimestamp', () => {
  test.each([
    ['2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05.6Z', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
    ['2026-01-02T03:04:05.6789999Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['2026-01-02T03:04:05+01:00', Date.UTC(2026, 0, 2, 2, 4, 5)],
    ['1969-12-31T23:59:59.999Z', -1],
  ])('%s', (given, expected) => {
    expect(toTimestamp(given)).toBe(expected)
  })

  test('a date without a zone is UTC, whatever the machine is set to', () => {
    expect(toTimestamp('2026-01-02T03:04:05.5')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 500))
  })

  test.each(['yesterday', '', null, 5, '2026-13-45T00:00:00Z'])('%s is refused', given => {
    expect(() => toTimestamp(given)).toThrow(expect.objectContaining({ code: 'TRIGGER_PAYLOAD' }))
  })
})
