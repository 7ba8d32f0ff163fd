import type { Stream } from '../../contract/index.js'
import { identifier } from '../../query/index.js'
import { dayMicros, formatDate } from '../../types/index.js'

/** The day since 1970-01-01 of a time in microseconds, before 1970 too, where division cuts upwards. */
export function dayOf(micros: bigint): number {
  return Number((micros - (((micros % dayMicros) + dayMicros) % dayMicros)) / dayMicros)
}

/**
 * The day that a row's file is of, as SQL: the day of its event time, UTC.
 * @param relation the alias of the rows, where more than one relation has that column
 */
export function eventDay({ eventTime }: Pick<Stream, 'eventTime'>, relation?: string): string {
  return `CAST(${relation === undefined ? '' : `${relation}.`}${identifier(eventTime)} AS DATE)`
}

/** A day since 1970-01-01 as the value of a partition column. @throws RangeError for what is no day */
export function partitionDay(day: number): string {
  const text = formatDate(day)
  if (text === undefined) throw new RangeError(`${day} is not a day that a date column can hold.`)
  return text
}

/** How many rows a day of event time gets. */
export interface DayCount {
  /** `2025-04-01`, as the partition value has it. */
  readonly day: string
  /** Microseconds of its beginning. */
  readonly start: bigint
  readonly rows: number
}

/** @param day since 1970-01-01 */
export function dayCount(day: number, rows: number): DayCount {
  return { day: partitionDay(day), start: BigInt(day) * dayMicros, rows }
}
