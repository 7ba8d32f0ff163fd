import { formatDate } from '../../types/index.js'

/** A day since 1970-01-01 as the value of a partition column. @throws RangeError for what is no day */
export function partitionDay(day: number): string {
  const text = formatDate(day)
  if (text === undefined) throw new RangeError(`${day} is not a day that a date column can hold.`)
  return text
}
