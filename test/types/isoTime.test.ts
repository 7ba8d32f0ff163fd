import { expect, test } from 'vitest'

import {
  isDayInYears,
  isTimeInYears,
  leavesYears,
  parseIsoDate,
  parseIsoTimestamp,
  parseIsoTimestampNtz,
} from '../../shared/types/isoTime.js'

test('agrees with Date on every day of five hundred years, and on their times', () => {
  for (let ms = Date.UTC(1700, 0, 1); ms < Date.UTC(2200, 0, 1); ms += 86_400_000 + 12_345_678) {
    const text = new Date(ms).toISOString()
    expect(parseIsoTimestamp(text)).toBe(BigInt(ms) * 1000n)
    expect(parseIsoDate(text.slice(0, 10))).toBe(Math.floor(ms / 86_400_000))
  }
})

test.each([
  ['0001-01-01T00:00:00Z', -62135596800000000n],
  ['9999-12-31T23:59:59.999999Z', 253402300799999999n],
  ['2024-02-29T00:00:00Z', 1709164800000000n],
  ['2025-04-01T17:37Z', 1743529020000000n],
  ['2025-04-01 17:37:57z', 1743529077000000n],
  ['2025-04-01T17:37:57.1Z', 1743529077100000n],
  ['2025-04-01T17:37:57.000000999Z', 1743529077000000n],
  ['2025-04-01T23:37:57+06:00', 1743529077000000n],
  ['2025-04-01T12:07:57-0530', 1743529077000000n],
  ['2025-04-01T19:37:57+02', 1743529077000000n],
])('%s', (text, micros) => {
  expect(parseIsoTimestamp(text)).toBe(micros)
})

test.each([
  '',
  '2025-04-01',
  '2025-04-01T17:37:57',
  '2025-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2025-13-01T00:00:00Z',
  '2025-00-01T00:00:00Z',
  '2025-04-31T00:00:00Z',
  '2025-04-00T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '2025-04-01T24:00:00Z',
  '2025-04-01T23:60:00Z',
  '2025-04-01T23:59:60Z',
  '2025-04-01T17:37:57.Z',
  '2025-04-01T17:37:57.1234567890Z',
  '2025-04-01T17:37:57ZZ',
  '2025-04-01T17:37:57+24:00',
  '2025-04-01T17:37:57+2',
  '2025-04-01T17:37:57+02:0',
  '2025-04-01T17-37:57Z',
  '2025/04/01T17:37:57Z',
  ' 2025-04-01T17:37:57Z',
  '2025-04-01T17:37:57 Z',
  '２025-04-01T17:37:57Z',
  '2025-4-1T17:37:57Z',
  '12025-04-01T17:37:57Z',
])('%j is no timestamp with a zone', text => {
  expect(parseIsoTimestamp(text)).toBeUndefined()
})

test.each([
  '0001-01-01T00:00:00+05:00',
  '9999-12-31T23:59:59-05:00',
  '9999-12-31T00:01:00-2359',
  '9999-12-31T23:59:59.999999-00:01',
  '0001-01-01T00:00:00+00:01',
])('%s lies outside the years 0001 to 9999 once its zone is applied', text => {
  expect(parseIsoTimestamp(text)).toBeUndefined()
  expect(leavesYears(text)).toBe(true)
})

test('the first and the last moment of the years 0001 to 9999 are distinguished from their neighbours, whatever their zone', () => {
  expect(parseIsoTimestamp('0001-01-01T05:00:00+05:00')).toBe(-62135596800000000n)
  expect(parseIsoTimestamp('9999-12-31T18:59:59.999999-05:00')).toBe(253402300799999999n)
  expect(
    [-62135596800000001n, -62135596800000000n, 253402300799999999n, 253402300800000000n].map(isTimeInYears),
  ).toEqual([false, true, true, false])
  expect([-719_163, -719_162, 2_932_896, 2_932_897, 0.5, NaN].map(isDayInYears)).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
  ])
  expect(parseIsoDate('0001-01-01')).toBe(-719_162)
  expect(parseIsoDate('9999-12-31')).toBe(2_932_896)
  expect([parseIsoDate('0000-12-31'), parseIsoTimestampNtz('0000-12-31T00:00:00')]).toEqual([undefined, undefined])
})

test('a wall-clock time has no zone', () => {
  expect(parseIsoTimestampNtz('2025-04-01T17:37:57.5')).toBe(1743529077500000n)
  expect(parseIsoTimestampNtz('2025-04-01T17:37:57Z')).toBeUndefined()
  expect(parseIsoTimestampNtz('2025-04-01T17:37:57+00:00')).toBeUndefined()
})
