import { ExactNumber, ValidationIssue } from './validationIssue.js'

/**
 * The key in what a value was read as, as text: a number by its digits as they were sent. Undefined when nothing was
 * read, and where the field is absent, null, empty or no text or number.
 */
export function keyText(found: unknown, key: string): string | undefined {
  if (typeof found !== 'object' || found === null || found instanceof ValidationIssue) return undefined
  const value = (found as Readonly<Record<string, unknown>>)[key]
  if (value instanceof ExactNumber) return value.source
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}
