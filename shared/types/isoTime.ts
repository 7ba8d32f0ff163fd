import { daysOfCivil } from './civilDate.js'

/**
 * Times and dates as events carry them: ISO 8601, digit for digit, years 0001 to 9999. Contracts accept this and nothing
 * else; tables and people write as Spark does, which `sparkTime` reads.
 */

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
 * cut off after the microseconds. Undefined when the text is anything else: there is no leap second and no 24:00.
 */
export function parseIsoTimestamp(text: string): bigint | undefined {
  const micros = parse(text, true)
  return micros === undefined || !isTimeInYears(micros) ? undefined : micros
}

/** The same without a zone, microseconds of the wall clock; undefined with a zone. */
export function parseIsoTimestampNtz(text: string): bigint | undefined {
  return parse(text, false)
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for anything else. */
export function parseIsoDate(text: string): number | undefined {
  return text.length === 10 ? daysAt(text) : undefined
}

/** True when `text` would be a timestamp if it had a zone; for messages. */
export function lacksZone(text: string): boolean {
  return parse(text, false) !== undefined
}

/** True when `text` would be a timestamp if its zone did not move it out of the years 0001 to 9999; for messages. */
export function leavesYears(text: string): boolean {
  const micros = parse(text, true)
  return micros !== undefined && !isTimeInYears(micros)
}

function parse(text: string, zoned: boolean): bigint | undefined {
  const separator = text.charCodeAt(10)
  if (separator !== 84 /* T */ && separator !== 116 && separator !== 32) return undefined
  const days = daysAt(text)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  if (!(days !== undefined && hour < 24 && minute < 60) || text.charCodeAt(13) !== 58 /* : */) return undefined
  let at = 16
  let second = 0
  let micros = 0
  if (text.charCodeAt(at) === 58) {
    second = twoDigits(text, 17)
    if (!(second < 60)) return undefined
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
      if (at === start || at - start > 9) return undefined
    }
  }
  let seconds = days * secondsPerDay + hour * 3600 + minute * 60 + second
  if (zoned) {
    const offset = zoneAt(text, at)
    if (offset !== offset) return undefined
    seconds -= offset
  } else if (at !== text.length) return undefined
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

/** Days since 1970-01-01 of the first ten characters. */
function daysAt(text: string): number | undefined {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  if (!(year >= 1) || text.charCodeAt(4) !== 45 /* - */ || text.charCodeAt(7) !== 45) return undefined
  return daysOfCivil(year, twoDigits(text, 5), twoDigits(text, 8))
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}
