import { describe, expect, test } from 'vitest'

import { calendarOf, legacyCalendar, legacyCalendars } from '../../../shared/parquet/schema/legacyCalendar.js'

const dayOf = (text: string) => {
  const [, year = '', month = '', day = ''] = /^(-?\d+)-(\d\d)-(\d\d)$/.exec(text) ?? []
  return new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day)) / 86_400_000
}
const iso = (micros: bigint) => new Date(Number(micros / 1000n)).toISOString()

describe('days of the older calendar', () => {
  const { days } = legacyCalendar('UTC')
  test.each([
    // Day counts that Spark wrote in LEGACY mode for these dates.
    [-719_164, '1-01-01'],
    [-141_428, '1582-10-04'],
    [-141_427, '1582-10-15'],
    [-354_280, '1000-01-01'],
    [0, '1970-01-01'],
  ])('%i is %s', (stored, date) => {
    expect(days(stored)).toBe(dayOf(date))
  })

  test('29 February of a century that has none today is 1 March', () => {
    const first = days(-354_280 + 58)
    expect(first).toBe(dayOf('1000-02-28'))
    expect([days(-354_280 + 59), days(-354_280 + 60)]).toEqual([first + 1, first + 1])
  })

  test('every day from then on is the day after the one before, but where a leap day is lacking and at the switch', () => {
    const odd: number[] = []
    for (let day = -719_163; day < -141_000; day++)
      if (days(day) - days(day - 1) !== 1) odd.push(days(day) - days(day - 1))
    // Centuries with a leap day by one calendar alone, up to 1500, and the ten days of 1582.
    expect(odd).toEqual([...Array<number>(12).fill(0), 11])
  })
})

describe('times of the older calendar', () => {
  test('keep the time of their day', () => {
    const { micros } = legacyCalendar('UTC')
    expect(micros(-719_164n * 86_400_000_000n + 1n)).toBe(BigInt(dayOf('1-01-01')) * 86_400_000_000n + 1n)
    expect(micros(-1n)).toBe(-1n)
    expect(micros(-12_000_000_000_000_000n)).toBe(-12_000_000_000_000_000n)
  })

  test('before 1900 were counted with the offset that a zone has today', () => {
    const { micros } = legacyCalendar('America/Los_Angeles')
    // Noon on the clocks of Los Angeles: with -08:00 as it was stored, with -07:52:58 as it was.
    expect(iso(micros(BigInt(Date.UTC(1850, 0, 1, 20)) * 1000n))).toBe('1850-01-01T19:52:58.000Z')
    expect(iso(micros(BigInt(Date.UTC(1950, 0, 1, 20)) * 1000n))).toBe('1950-01-01T20:00:00.000Z')
  })
})

describe('which values of a file are of the older calendar', () => {
  const of = (texts: Readonly<Record<string, string>>) => {
    const found = legacyCalendars(new Map(Object.entries(texts)))
    return [found.dates !== undefined, found.int96 !== undefined]
  }
  const version = 'org.apache.spark.version'
  test.each([
    [{}, false, false],
    [{ [version]: '2.4.8' }, true, true],
    [{ [version]: '3.0.1' }, false, true],
    [{ [version]: '4.1.1' }, false, false],
    [{ [version]: '4.1.1', 'org.apache.spark.legacyDateTime': '' }, true, false],
    [{ [version]: '4.1.1', 'org.apache.spark.legacyINT96': '' }, false, true],
  ])('%j', (texts, dates, int96) => {
    expect(of(texts)).toEqual([dates, int96])
  })

  test('wall-clock times never are', () => {
    const calendars = { dates: legacyCalendar('UTC') }
    const element = { name: 'c', type: 'INT64' } as const
    expect(calendarOf({ element, type: 'timestamp' }, calendars)).toBeDefined()
    expect(calendarOf({ element, type: 'timestamp_ntz' }, calendars)).toBeUndefined()
    expect(calendarOf({ element, type: 'long' }, calendars)).toBeUndefined()
  })
})
