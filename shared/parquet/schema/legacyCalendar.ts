import { dayMicros, dayMs, standardOffsetMs, zoneOffsetMs } from '../../types/index.js'
import type { LeafNode } from './schemaNode.js'

/**
 * Old writers, and newer ones configured to, count days before 15 October 1582 by the Julian calendar, and the times of
 * a zone before 1900 by the offset it has today. The files record that, and the zone.
 */
export interface LegacyCalendar {
  readonly days: (stored: number) => number
  readonly micros: (stored: bigint) => bigint
}

/** Which values of a file are of the older calendar: days and times, and times of 96 bits. */
export interface LegacyCalendars {
  readonly dates?: LegacyCalendar | undefined
  readonly int96?: LegacyCalendar | undefined
}

/** 1582-10-15, the first day of the Gregorian calendar. */
const firstGregorianDay = -141_427
const firstSwitchMicros = BigInt(firstGregorianDay) * dayMicros
/** 1900-01-01T00:00:00Z, from which on old and new offsets agree. */
const first20thCenturyMicros = -2_208_988_800_000_000n

/** The calendars by a footer's key-value metadata. A file whose writer is not known uses today's. */
export function legacyCalendars(metadata: ReadonlyMap<string, string>): LegacyCalendars {
  const version = metadata.get('org.apache.spark.version')
  if (version === undefined) return {}
  const zone = metadata.get('org.apache.spark.timeZone') ?? 'UTC'
  const legacy = (since: string, key: string) =>
    version < since || metadata.has(key) ? legacyCalendar(zone) : undefined
  return {
    dates: legacy('3.0.0', 'org.apache.spark.legacyDateTime'),
    int96: legacy('3.1.0', 'org.apache.spark.legacyINT96'),
  }
}

/** The calendar in which a column's values are kept, when it is the older one; wall-clock times have no calendar but today's. */
export function calendarOf(
  { element, type }: Pick<LeafNode, 'element' | 'type'>,
  calendars: LegacyCalendars,
): LegacyCalendar | undefined {
  if (type === 'date') return calendars.dates
  if (type !== 'timestamp') return undefined
  return element.type === 'INT96' ? calendars.int96 : calendars.dates
}

/**
 * Turns stored days, and microseconds since 1970, into those of today's calendar. `zone` is the writer's, by its IANA
 * name.
 */
export function legacyCalendar(zone: string): LegacyCalendar {
  return { days: julianToGregorianDays, micros: micros => julianToGregorianMicros(micros, zone) }
}

function julianToGregorianDays(stored: number): number {
  if (stored >= firstGregorianDay) return stored
  const { year, month, day } = julianDate(stored)
  // A 29th of February that today's calendar lacks is the day after the 28th.
  return gregorianDay(year, month) + day - 1
}

function julianToGregorianMicros(stored: bigint, zone: string): bigint {
  if (stored >= first20thCenturyMicros || (stored >= firstSwitchMicros && zone === 'UTC')) return stored
  const wall = stored + BigInt(standardOffsetMs(zone)) * 1000n
  const ofDay = ((wall % dayMicros) + dayMicros) % dayMicros
  const moved = BigInt(julianToGregorianDays(Number((wall - ofDay) / dayMicros))) * dayMicros + ofDay
  const inMs = ((moved % 1000n) + 1000n) % 1000n
  return moved - BigInt(zoneOffsetMs(Number((moved - inMs) / 1000n), zone)) * 1000n
}

interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** The Julian date of a day counted from 1970-01-01; the year before 1 is 0. */
function julianDate(days: number): CalendarDate {
  // From 1 March of the year 0, so that a leap day is the last of its year.
  const shifted = days + 719_470
  const cycle = Math.floor(shifted / 1461)
  const inCycle = shifted - cycle * 1461
  const yearOfCycle = Math.min(3, Math.floor(inCycle / 365))
  const inYear = inCycle - yearOfCycle * 365
  const fromMarch = Math.floor((5 * inYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: cycle * 4 + yearOfCycle + (month <= 2 ? 1 : 0),
    month,
    day: inYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  }
}

/** The first day of a month in today's calendar, counted from 1970-01-01. */
function gregorianDay(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, 1) / dayMs
}
