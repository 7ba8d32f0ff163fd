import { civilOfDays, daysOfCivil } from './civilDate.js'
import { dayMicros } from './dayLength.js'
import { zoneOffsetMs } from './zoneOffset.js'

/**
 * Days and microseconds since 1970-01-01 ⇄ text, in the proleptic Gregorian calendar: every day that a 32-bit number can
 * count and every time that a 64-bit one can. Years are written as Spark writes them: four digits at least, `-0044` for
 * 45 BC, `+12345` beyond 9999.
 */
const [minDay, maxDay] = [-(2 ** 31), 2 ** 31 - 1]
const [minMicros, maxMicros] = [-(2n ** 63n), 2n ** 63n - 1n]

/** `2024-02-29`, `-0044-03-15`, `+12345-11-29`; undefined for what is not a whole number of 32 bits. */
export function formatDate(days: number): string | undefined {
  if (!(Number.isInteger(days) && days >= minDay && days <= maxDay)) return undefined
  const { year, month, day } = civilOfDays(days)
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(day)}`
}

/** Days since 1970-01-01; undefined for what is not a date, or not one that 32 bits hold. */
export function parseSparkDate(text: string): number | undefined {
  const [, year, month, day] = /^([+-]?\d{4,7})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  const days = daysOfCivil(Number(year), Number(month), Number(day))
  return days === undefined || days < minDay || days > maxDay ? undefined : days
}

/** `{ day: '2024-02-29', time: '12:34:56.123' }` with `digits` of the fraction, cut towards the past; undefined beyond 64 bits. */
export function splitTimestamp(
  micros: bigint,
  digits: 3 | 6,
): { readonly day: string; readonly time: string } | undefined {
  if (micros < minMicros || micros > maxMicros) return undefined
  const ofDay = ((micros % dayMicros) + dayMicros) % dayMicros
  const day = formatDate(Number((micros - ofDay) / dayMicros))
  const rest = Number(ofDay)
  const seconds = Math.floor(rest / 1_000_000)
  const fraction = String(rest % 1_000_000)
    .padStart(6, '0')
    .slice(0, digits)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':')
  return day === undefined ? undefined : { day, time: `${time}.${fraction}` }
}

const timestampText =
  /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{1,2}(?::?\d{2})?)?$/i

/**
 * Microseconds since 1970-01-01, from ISO text or the SQL form with a blank. Text without an offset is in `zone`, an
 * IANA name; the default is UTC, which is also how to read wall-clock timestamps. Undefined for what is no timestamp, or
 * not one that 64 bits hold once its zone is applied.
 */
export function parseSparkTimestamp(text: string, zone = 'UTC'): bigint | undefined {
  const match = timestampText.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const days = daysOfCivil(Number(year), Number(month), Number(day))
  if (days === undefined || !(Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60)) return undefined
  const wall = days * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const seconds = wall - (offset === undefined ? zoneOffsetMs(wall * 1000, zone) : offsetMs(offset)) / 1000
  const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return micros < minMicros || micros > maxMicros ? undefined : micros
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(offset) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0')
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(4, '0')}`
}

function twoDigits(part: number): string {
  return String(part).padStart(2, '0')
}
