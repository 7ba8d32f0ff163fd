/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes behind the end compare as nothing that is looked for */
import { daysOfCivil } from '../../types/index.js'

/** Numbers and times read from bytes: the last one's value, and where it ended. */

/** What {@link numberEnd} or {@link microsOf} read; known between two calls only, and faster than what they could return. */
export const scanned = { value: 0, isWhole: false, digits: 0 }

const powers = Float64Array.from({ length: 16 }, (_, n) => 10 ** n)

/** Digits whose number a double holds exactly, so that dividing it by a power of ten rounds as reading its text does. */
const exactDigits = 15

/**
 * Where a number in plain notation that begins at `at` ends, or -1 where there is none; an exponent behind it is for the
 * caller to see. `scanned.value` is the number if it has at most 15 digits; otherwise it is to be read from its text.
 */
export function numberEnd(bytes: Uint8Array, at: number): number {
  const isNegative = bytes[at] === 45
  let i = isNegative ? at + 1 : at
  const first = i
  let value = 0
  for (let c = bytes[i]!; c >= 48 && c <= 57; c = bytes[++i]!) value = value * 10 + (c - 48)
  let digits = i - first
  if (digits === 0 || (digits > 1 && bytes[first] === 48)) return -1
  scanned.isWhole = true
  if (bytes[i] === 46) {
    const point = ++i
    for (let c = bytes[i]!; c >= 48 && c <= 57; c = bytes[++i]!) value = value * 10 + (c - 48)
    if (i === point) return -1
    digits += i - point
    scanned.isWhole = false
    if (digits <= exactDigits) value /= powers[i - point]!
  }
  scanned.value = isNegative ? -value : value
  scanned.digits = digits
  return i
}

/** Whether `scanned.value` is exact. */
export const isExactNumber = (): boolean => scanned.digits <= exactDigits

/**
 * Microseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, the years 1970 to 2249, with at most six digits behind
 * the point: NaN for every other text, whether it is a time or not.
 */
export function microsOf(bytes: Uint8Array, at: number, end: number): number {
  const size = end - at
  if (size < 20 || size === 21 || size > 27 || bytes[end - 1] !== 90 || bytes[at + 10] !== 84) return NaN
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45 || bytes[at + 13] !== 58 || bytes[at + 16] !== 58) return NaN
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
  const hour = twoDigits(bytes, at + 11)
  const minute = twoDigits(bytes, at + 14)
  const second = twoDigits(bytes, at + 17)
  // A NaN fails every comparison.
  if (!(year >= 1970 && year < 2250 && hour < 24 && minute < 60 && second < 60)) return NaN
  const days = daysOfCivil(year, month, day)
  if (days === undefined) return NaN
  let micros = 0
  if (size > 20) {
    if (bytes[at + 19] !== 46) return NaN
    let scale = 100_000
    for (let i = at + 20; i < end - 1; i++, scale /= 10) {
      const digit = bytes[i]! - 48
      if (!(digit >= 0 && digit <= 9)) return NaN
      micros += digit * scale
    }
  }
  return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}
