/** Times and dates as text, by ISO 8601. */

const usPerSecond = 1_000_000
const secondsPerDay = 86_400

/** 0001-01-01 and the day after 9999-12-31, in days and microseconds since 1970: the years that every reader's calendar has. */
const [firstDay, endDay] = [-719_162, 2_932_897]
const firstMicros = -62_135_596_800_000_000n
const endMicros = 253_402_300_800_000_000n

/** Whether a time, microseconds since 1970 (UTC or wall clock), lies in the years 0001 to 9999. */
export function isTimeInYears(micros: bigint): boolean {
  return micros >= firstMicros && micros < endMicros
}

/** The same of a day since 1970. */
export function isDayInYears(days: number): boolean {
  return Number.isInteger(days) && days >= firstDay && days < endDay
}

/**
 * Microseconds since 1970-01-01 of `YYYY-MM-DDTHH:MM[:SS[.fraction]]` and a zone (`Z`, `±HH:MM`, `±HHMM`, `±HH`), years
 * 0001 to 9999 where it is written and in UTC; a blank may stand for the `T`. A fraction has one to nine digits and is
 * cut off after the microseconds. Null when the text is anything else: there is no leap second and no 24:00.
 */
export function parseTimestamp(text: string): bigint | null {
  const micros = parse(text, true)
  return micros === null || !isTimeInYears(micros) ? null : micros
}

/** The same without a zone, microseconds of the wall clock. A zone makes it null. */
export function parseTimestampNtz(text: string): bigint | null {
  return parse(text, false)
}

/** Days since 1970-01-01 of `YYYY-MM-DD`, or null. */
export function parseDate(text: string): number | null {
  const days = text.length === 10 ? daysAt(text) : NaN
  return Number.isNaN(days) ? null : days
}

/** True when `text` would be a timestamp if it had a zone; for messages. */
export function lacksZone(text: string): boolean {
  return parse(text, false) !== null
}

/** True when `text` would be a timestamp if its zone did not move it out of the years 0001 to 9999; for messages. */
export function leavesYears(text: string): boolean {
  const micros = parse(text, true)
  return micros !== null && !isTimeInYears(micros)
}

function parse(text: string, zoned: boolean): bigint | null {
  const separator = text.charCodeAt(10)
  if (separator !== 84 /* T */ && separator !== 116 && separator !== 32) return null
  const days = daysAt(text)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  if (!(days === days && hour < 24 && minute < 60) || text.charCodeAt(13) !== 58 /* : */) return null
  let at = 16
  let second = 0
  let micros = 0
  if (text.charCodeAt(at) === 58) {
    second = twoDigits(text, 17)
    if (!(second < 60)) return null
    at = 19
    if (text.charCodeAt(at) === 46 /* . */) {
      const start = ++at
      let scale = 100_000
      for (; at < text.length; at++) {
        const digit = text.charCodeAt(at) - 48
        if (digit < 0 || digit > 9) break
        if (scale >= 1) {
          micros += digit * scale
          scale /= 10
        }
      }
      if (at === start || at - start > 9) return null
    }
  }
  let seconds = days * secondsPerDay + hour * 3600 + minute * 60 + second
  if (zoned) {
    const offset = zoneAt(text, at)
    if (offset !== offset) return null
    seconds -= offset
  } else if (at !== text.length) return null
  const total = seconds * usPerSecond + micros
  return Number.isSafeInteger(total) ? BigInt(total) : BigInt(seconds) * 1_000_000n + BigInt(micros)
}

/** Seconds east of UTC of a zone that fills the rest of the text, or NaN. */
function zoneAt(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  const length = text.length - at
  if (sign === 90 /* Z */ || sign === 122) return length === 1 ? 0 : NaN
  if (sign !== 43 /* + */ && sign !== 45 /* - */) return NaN
  const colon = text.charCodeAt(at + 3) === 58
  if (length !== 3 && length !== (colon ? 6 : 5)) return NaN
  const hours = twoDigits(text, at + 1)
  const minutes = length === 3 ? 0 : twoDigits(text, at + (colon ? 4 : 3))
  if (!(hours < 24 && minutes < 60)) return NaN
  return (sign === 43 ? 1 : -1) * (hours * 3600 + minutes * 60)
}

/** Days since 1970-01-01 of the first ten characters, or NaN. */
function daysAt(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return NaN
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NaN
  // Days from civil, with the year beginning in March so that the leap day comes last.
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}
