import { inWords } from '../types/index.js'

/** Figures as people read them. */

const nothing = '–'

/** A whole number with its thousands apart; a dash where it is not known. */
export function count(value: number | bigint | undefined | null): string {
  if (value === undefined || value === null) return nothing
  return (typeof value === 'number' ? Math.round(value) : value).toLocaleString('en-US')
}

/** A length of time; one that is negative, as a source's clock is ahead, is none. */
export function seconds(value: number | undefined | null): string {
  if (value === undefined || value === null) return nothing
  if (value <= 0) return '0 s'
  if (value < 1) return `${String(Math.round(value * 1000))} ms`
  return value < 10 ? `${String(Number(value.toFixed(1)))} s` : inWords(value)
}

/** Bytes in units of 1024. */
export function bytes(value: number | bigint | undefined | null): string {
  if (value === undefined || value === null) return nothing
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let size = Number(value)
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${size >= 100 || unit === 0 ? size.toFixed(0) : size.toFixed(1)} ${units[unit] ?? 'B'}`
}

/** US dollars; of small amounts the first digits. */
export function dollars(value: number | undefined): string {
  if (value === undefined) return nothing
  if (value === 0) return '$0'
  // Smaller numbers would be written with an exponent.
  if (value < 1e-6) return '< $0.000001'
  return value >= 1 ? `$${value.toFixed(2)}` : `$${Number(value.toPrecision(2)).toString()}`
}

/** A moment in UTC, to the second. */
export function moment(ms: number | undefined): string {
  return ms === undefined || !isDate(ms) ? nothing : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** The time of its day, UTC, to the minute. */
export function timeOfDay(ms: number): string {
  return isDate(ms) ? new Date(ms).toISOString().slice(11, 16) : nothing
}

/** How long ago, in words. */
export function ago(ms: number | undefined, now: number): string {
  if (ms === undefined) return nothing
  return ms > now ? 'now' : `${inWords((now - ms) / 1000)} ago`
}

/** A share of one as percent. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}

function isDate(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15
}
