import { type DataType, isDayInYears, isTimeInYears, namedValue } from '../types/index.js'
import { type ValidationIssue, wrongValue } from './validationIssue.js'

/** What is wrong with a decoded value, if anything. */
export type Storable = (value: unknown) => ValidationIssue | undefined

/**
 * Finds values that a column of the type would hold as something else, or as what readers refuse: text with half of a
 * surrogate pair, which becomes U+FFFD when it is encoded, so that two keys become one; times and days outside the
 * years 0001 to 9999. Undefined for a type that holds whatever its decoder lets through.
 */
export function storable(type: DataType): Storable | undefined {
  if (typeof type === 'string') return primitives[type]
  switch (type.type) {
    case 'struct': {
      const parts = type.fields.flatMap(({ name, type: inner }) => {
        const check = storable(inner)
        return check === undefined ? [] : [{ name, check }]
      })
      return parts.length === 0
        ? undefined
        : optional(value =>
            firstIssue(parts, ({ name, check }) =>
              check(namedValue(value as Record<string, unknown>, name))?.inField(name),
            ),
          )
    }
    case 'array': {
      const check = storable(type.elementType)
      return (
        check &&
        optional(value =>
          firstIssue([...(value as readonly unknown[]).entries()], ([i, item]) => check(item)?.inElement(i)),
        )
      )
    }
    case 'map': {
      const key = storable(type.keyType)
      const item = storable(type.valueType)
      return optional(value =>
        firstIssue(Object.entries(value as object), ([name, found]) => (key?.(name) ?? item?.(found))?.inField(name)),
      )
    }
    default:
      return undefined
  }
}

function text(value: unknown): ValidationIssue | undefined {
  if (typeof value !== 'string' || value.isWellFormed()) return undefined
  return wrongValue(value, 'text of whole characters: half of a surrogate pair (\\ud800 to \\udfff) cannot be stored')
}

function time(value: unknown): ValidationIssue | undefined {
  return typeof value !== 'bigint' || isTimeInYears(value)
    ? undefined
    : wrongValue(value, 'a time that lies in the years 0001 to 9999')
}

function day(value: unknown): ValidationIssue | undefined {
  return typeof value !== 'number' || isDayInYears(value)
    ? undefined
    : wrongValue(value, 'a day in the years 0001 to 9999')
}

const primitives: Readonly<Partial<Record<string, Storable>>> = {
  string: text,
  timestamp: time,
  timestamp_ntz: time,
  date: day,
}

function optional(check: Storable): Storable {
  return value => (value === null || value === undefined ? undefined : check(value))
}

function firstIssue<T>(
  items: readonly T[],
  check: (item: T) => ValidationIssue | undefined,
): ValidationIssue | undefined {
  for (const item of items) {
    const issue = check(item)
    if (issue !== undefined) return issue
  }
  return undefined
}
