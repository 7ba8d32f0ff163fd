import { daysOfCivil } from './civilDate.js'
import { dayMs } from './dayLength.js'

/** Time zones, by what the runtime knows of them. */

/** As far as the runtime's dates reach, either way. */
const lastMs = 8_640_000_000_000_000

/** How far `zone` is ahead of UTC when its clocks show `wall`; in a gap or an overlap, by the earlier offset. */
export function zoneOffsetMs(wall: number, zone: string): number {
  if (zone === 'UTC') return 0
  const before = offsetAt(wall - dayMs, zone)
  const guess = offsetAt(wall - before, zone)
  return guess === before ? before : offsetAt(wall - guess, zone) === guess ? guess : before
}

/** How far a zone is ahead of UTC today outside of summer time: what old Java takes it to have been before 1900. */
export function standardOffsetMs(zone: string): number {
  if (zone === 'UTC') return 0
  return Math.min(...[0, 6].map(month => offsetAt(Date.UTC(2024, month, 1), zone)))
}

function offsetAt(time: number, zone: string): number {
  const instant = Math.max(-lastMs, Math.min(lastMs, time))
  const parts = zoneFormat(zone).formatToParts(instant)
  const part = (type: string) => Number(parts.find(p => p.type === type)?.value)
  const era = parts.find(p => p.type === 'era')?.value
  const year = era === 'BC' ? 1 - part('year') : part('year')
  const days = daysOfCivil(year, part('month'), part('day')) ?? Math.floor(instant / dayMs)
  const shown = days * dayMs + (part('hour') * 3600 + part('minute') * 60 + part('second')) * 1000
  return shown - Math.floor(instant / 1000) * 1000
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>()

function zoneFormat(zone: string): Intl.DateTimeFormat {
  let format = zoneFormats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    zoneFormats.set(zone, format)
  }
  return format
}
