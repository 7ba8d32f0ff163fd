import { z } from 'zod'

import { durationForms, parseDuration } from '../contract/index.js'
import { parseLocations, parseNumber, parsePairs, parseSize, scheduleFault, type TextCheck } from './settingText.js'

/** The kinds of settings: how each is read, checked and marked. */

/** Marks what may not appear in a message or a log. */
export const secrets = z.registry<{ secret: true }>()

/** Marks numbers that are written with their unit. */
export const units = z.registry<{ unit: 'milliseconds' | 'bytes' }>()

/** Bytes. */
export const megabyte = 1024 ** 2
const longest = 100 * 365.25 * 86_400_000

/** Any text. */
export const text = () => z.string()
/** Text whose form is checked: every fault of a setting is found at the start, and says what was expected. */
export const checked = (check: TextCheck) =>
  z.string().superRefine((value, context) => {
    const fault = check(value)
    if (fault !== undefined) context.addIssue(fault)
  })
/** Text that is kept out of messages and logs. */
export const secret = (description: string, check: TextCheck = () => undefined) =>
  checked(check).optional().register(secrets, { secret: true }).describe(description)
/** A number within bounds. */
export const numberBetween = (from: number, to: number, kind: 'number' | 'whole number') =>
  z.string().transform((value, context) => {
    const number = parseNumber(value)
    const fits =
      number !== undefined && number >= from && number <= to && (kind === 'number' || Number.isInteger(number))
    if (!fits) context.addIssue(`expected a ${kind} from ${String(from)} to ${String(to)}`)
    return number ?? from
  })
/** A whole number within bounds. */
export const whole = (from: number, to: number) => numberBetween(from, to, 'whole number')
/** A price. */
export const amount = () => numberBetween(0, 1_000_000, 'number')
/** When a timer runs. */
export const schedule = () => checked(scheduleFault)
/** A time with its unit; milliseconds. */
export const duration = () =>
  z
    .string()
    .transform((value, context) => {
      const ms = parseDuration(value)
      if (ms === null || ms <= 0) context.addIssue(`expected a duration: ${durationForms}`)
      else if (ms > longest) context.addIssue('expected a duration of at most 100 years')
      return ms ?? 0
    })
    .register(units, { unit: 'milliseconds' })
/** A size with its unit. */
export const bytes = (least = 1, most = Infinity) =>
  z
    .string()
    .transform((value, context) => {
      const size = parseSize(value)
      if (size === null) context.addIssue('expected a size, as 512MB or 1GB')
      else if (size < least) context.addIssue(`expected a size of at least ${String(least / megabyte)}MB`)
      else if (size > most) context.addIssue(`expected a size of at most ${String(most / megabyte)}MB`)
      return size ?? 0
    })
    .register(units, { unit: 'bytes' })
/** `name=value`, several separated by commas. */
export const pairs = (fits: (value: string) => boolean = () => true) =>
  z.string().transform((value, context): Readonly<Record<string, string>> => {
    const parsed = parsePairs(value, fits)
    if (parsed === null) context.addIssue('expected name=value, several separated by commas, values percent-encoded')
    return parsed ?? {}
  })
/** Places, separated by commas. */
export const locations = () =>
  z.string().transform((value, context) => {
    const places = parseLocations(value)
    if (places === null)
      context.addIssue(
        'expected file:///folder or https://<account>.blob.core.windows.net/<container>, several separated by commas',
      )
    return places ?? []
  })
