import { describe, expect, test } from 'vitest'

import { parseSchedule } from '../../../infra/local/host/ncrontab.js'

const next = (expression: string, from: string) => {
  const time = parseSchedule(expression).next(Date.parse(from))
  return time === undefined ? undefined : new Date(time).toISOString()
}

describe('parseSchedule', () => {
  test.each([
    ['0 * * * * *', '2026-01-02T03:04:05.678Z', '2026-01-02T03:05:00.000Z'],
    ['0 */10 * * * *', '2026-01-02T03:51:00Z', '2026-01-02T04:00:00.000Z'],
    ['*/15 * * * * *', '2026-01-02T03:04:59Z', '2026-01-02T03:05:00.000Z'],
    ['30 5,10 * * * *', '2026-01-02T03:05:30Z', '2026-01-02T03:10:30.000Z'],
    ['0 0 9-17 * * mon-fri', '2026-01-02T17:00:00Z', '2026-01-05T09:00:00.000Z'],
    ['0 0 0 1 jan *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 30/15 * * * *', '2026-01-02T03:00:00Z', '2026-01-02T03:30:00.000Z'],
    ['0 0 12 31 * *', '2026-02-01T00:00:00Z', '2026-03-31T12:00:00.000Z'],
    ['5 * * * *', '2026-01-02T03:05:00Z', '2026-01-02T04:05:00.000Z'],
  ])('%s after %s is %s', (expression, from, expected) => {
    expect(next(expression, from)).toBe(expected)
  })

  test('an occurrence is not repeated: the next one lies strictly after it', () => {
    expect(next('0 * * * * *', '2026-01-02T03:04:00.000Z')).toBe('2026-01-02T03:05:00.000Z')
    expect(next('0 * * * * *', '2026-01-02T03:03:59.999Z')).toBe('2026-01-02T03:04:00.000Z')
  })

  test('day and day of week must both hold', () => {
    expect(next('0 0 0 13 * fri', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z')
  })

  test('a day that never comes has no next occurrence', () => {
    expect(next('0 0 0 31 2 *', '2026-01-01T00:00:00Z')).toBeUndefined()
  })

  test.each([
    ['* * *', /3 fields/],
    ['60 * * * * *', /not a second/],
    ['0 0 0 0 * *', /not a day/],
    ['0 0 24 * * *', /not a hour/],
    ['0 9-5 * * * *', /not a minute/],
    ['0 */0 * * * *', /step/],
    ['0 1/2/3 * * * *', /not a minute/],
    ['0 * * * * 7', /day of week/],
    ['', /fields/],
  ])('%s is refused with a reason', (expression, reason) => {
    expect(() => parseSchedule(expression)).toThrow(reason)
  })
})
