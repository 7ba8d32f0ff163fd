/** Days since 1970-01-01 ⇄ year, month and day of the proleptic Gregorian calendar, with a year 0. */

/** A day by its parts; {@link daysOfCivil} takes them, {@link civilOfDays} answers them. */
export interface CivilDate {
  /** Astronomical: 0 is 1 BC, -43 is 44 BC. */
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

const daysPerEra = 146_097
/** From 0000-03-01, where an era of 400 years begins, to 1970-01-01. */
const epochInEra = 719_468

/** Undefined for what is no day of the calendar. */
export function daysOfCivil(year: number, month: number, day: number): number | undefined {
  if (!(Number.isInteger(year) && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)))
    return undefined
  // The year begins in March, so that the leap day comes last.
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - epochInEra
}

/** @param days a whole number */
export function civilOfDays(days: number): CivilDate {
  const shifted = days + epochInEra
  const era = Math.floor(shifted / daysPerEra)
  const dayOfEra = shifted - era * daysPerEra
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return { year: yearOfEra + era * 400 + (month > 2 ? 0 : 1), month, day }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
