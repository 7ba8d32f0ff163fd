import { utcMs, zoneOffsetMs } from '../parquet/zoneOffset.js'

/**
 * Days and microseconds since 1970-01-01 ⇄ text, in the proleptic Gregorian calendar. Pure; no I/O.
 */
const msPerDay = 86_400_000
const microsPerMs = 1000n
/** 0001-01-01 and the day after 9999-12-31, in milliseconds: years of four digits, which is what texts can hold. */
const firstMs = -62_135_596_800_000
const endMs = 253_402_300_800_000

/** `2024-02-29`; undefined outside the years 1 to 9999. */
export function formatDate(days: number): string | undefined {
  const ms = days * msPerDay
  return ms >= firstMs && ms < endMs ? new Date(ms).toISOString().slice(0, 10) : undefined
}

/** Days since 1970-01-01; undefined for what is not a date. */
export function parseDate(text: string): number | undefined {
  const [, year, month, day] = /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  const ms = utcMs(Number(year), Number(month), Number(day), 0, 0, 0)
  return ms === undefined ? undefined : ms / msPerDay
}

/** `{ day: '2024-02-29', time: '12:34:56.123' }` with `digits` of the fraction, cut towards the past. */
export function splitTimestamp(micros: bigint, digits: 3 | 6): { readonly day: string; readonly time: string } | undefined {
  const rest = ((micros % microsPerMs) + microsPerMs) % microsPerMs
  const ms = Number((micros - rest) / microsPerMs)
  if (!(ms >= firstMs && ms < endMs)) return undefined
  const iso = new Date(ms).toISOString()
  return { day: iso.slice(0, 10), time: iso.slice(11, 23) + (digits === 6 ? String(rest).padStart(3, '0') : '') }
}

const timestampText =
  /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{1,2}(?::?\d{2})?)?$/i

/**
 * Microseconds since 1970-01-01, from ISO text or the SQL form with a blank. Text without an offset is in `zone`, an
 * IANA name; the default is UTC, which is also how to read wall-clock timestamps. Undefined for what is no timestamp.
 */
export function parseTimestamp(text: string, zone = 'UTC'): bigint | undefined {
  const match = timestampText.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const wall = utcMs(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second))
  if (wall === undefined) return undefined
  const ms = offset === undefined ? wall - zoneOffsetMs(wall, zone) : wall - offsetMs(offset)
  return BigInt(ms) * microsPerMs + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(offset) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
