import { ExactNumber, ValidationIssue } from './validationIssue.js'

/**
 * The key in what a value was read as, as text: a number by its digits as they were sent. Undefined when nothing was
 * read, and where the field is absent, null, empty or no text or number.
 * @param names of the key, its former ones behind it
 */
export function keyText(found: unknown, names: readonly string[]): string | undefined {
  if (typeof found !== 'object' || found === null || found instanceof ValidationIssue) return undefined
  const values = found as Readonly<Record<string, unknown>>
  const value = names.map(name => values[name]).find(one => one !== undefined)
  if (value instanceof ExactNumber) return value.source
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}
