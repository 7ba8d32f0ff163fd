/** Time zones, by what the runtime knows of them. Pure; no I/O. */

const msPerDay = 86_400_000

/** Milliseconds since 1970-01-01 of a wall clock; undefined for what no clock shows. */
export function utcMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number | undefined {
  if (!(month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60)) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getUTCDate() === day ? date.getTime() : undefined
}

/** How far `zone` is ahead of UTC when its clocks show `wall`; in a gap or an overlap, by the earlier offset. */
export function zoneOffsetMs(wall: number, zone: string): number {
  if (zone === 'UTC') return 0
  const before = offsetAt(wall - msPerDay, zone)
  const guess = offsetAt(wall - before, zone)
  return guess === before ? before : offsetAt(wall - guess, zone) === guess ? guess : before
}

/** How far a zone is ahead of UTC today outside of summer time: what old Java takes it to have been before 1900. */
export function standardOffsetMs(zone: string): number {
  if (zone === 'UTC') return 0
  return Math.min(...[0, 6].map(month => offsetAt(Date.UTC(2024, month, 1), zone)))
}

function offsetAt(instant: number, zone: string): number {
  const parts = zoneFormat(zone).formatToParts(instant)
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  const era = parts.find((p) => p.type === 'era')?.value
  const year = era === 'BC' ? 1 - part('year') : part('year')
  const shown = utcMs(year, part('month'), part('day'), part('hour'), part('minute'), part('second')) ?? instant
  return shown - Math.floor(instant / 1000) * 1000
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>()

function zoneFormat(zone: string): Intl.DateTimeFormat {
  let format = zoneFormats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
      minute: 'numeric', second: 'numeric',
    })
    zoneFormats.set(zone, format)
  }
  return format
}
