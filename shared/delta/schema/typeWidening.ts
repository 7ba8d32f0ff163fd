import { columnKey, type DataType, type StructType } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { allFields } from './schema.js'

/** Types that columns had before (PROTOCOL.md, "Type Widening"). */

/** A column's field metadata: the changes of its type, oldest first. */
const typeChanges = 'delta.typeChanges'

const integers: Readonly<Record<string, { readonly order: number; readonly digits: number }>> = {
  byte: { order: 0, digits: 10 },
  short: { order: 1, digits: 10 },
  integer: { order: 2, digits: 10 },
  long: { order: 3, digits: 20 },
}

/** Whether values of type `from` are read as `to`: the changes that the protocol allows. Types as the log names them. */
export function isWidening(from: string, to: string): boolean {
  if (from === to) return true
  const source = Object.hasOwn(integers, from) ? integers[from] : undefined
  const target = Object.hasOwn(integers, to) ? integers[to] : undefined
  if (source !== undefined && target !== undefined) return source.order < target.order
  if (to === 'double') return from === 'float' || (source !== undefined && source.order < 3)
  if (from === 'date') return to === 'timestamp_ntz'
  const wide = decimal(to)
  const narrow = decimal(from)
  if (wide === undefined) return false
  if (narrow !== undefined)
    return wide.scale >= narrow.scale && wide.precision - wide.scale >= narrow.precision - narrow.scale
  return source !== undefined && wide.precision - wide.scale >= source.digits
}

/**
 * Whether every value of type `from` is one of type `to`, which is enough to read it as that: other engines made such
 * changes, whatever the protocol lists.
 */
export function isLossless(from: string, to: string): boolean {
  if (isWidening(from, to)) return true
  const wide = decimal(to)
  const digits = valueDigits.get(from)
  if (wide !== undefined && digits !== undefined) return wide.precision - wide.scale >= digits
  if (to === 'float') return from === 'byte' || from === 'short' || isWhole(decimal(from), 7)
  if (to === 'double') return isWhole(decimal(from), 15)
  const room = roomFor.get(to)
  return room !== undefined && isWhole(decimal(from), room)
}

/** Digits of the longest number of a type. */
const valueDigits: ReadonlyMap<string, number> = new Map([
  ['byte', 3],
  ['short', 5],
  ['integer', 10],
  ['long', 19],
])
/** Digits of which a type has every number. */
const roomFor: ReadonlyMap<string, number> = new Map([
  ['byte', 2],
  ['short', 4],
  ['integer', 9],
  ['long', 18],
])

function isWhole(type: ReturnType<typeof decimal>, digits: number): boolean {
  return type?.scale === 0 && type.precision <= digits
}

/**
 * @throws DeltaError DELTA_UNSUPPORTED_TYPE for a change of type in a column's history that this reader does not know
 */
export function requireKnownWidening(schema: StructType, where?: LogPlace): void {
  for (const { path, field } of allFields(schema)) {
    for (const [from, to] of typeHistory(field.metadata)) {
      if (!isLossless(from, to))
        throw new DeltaError(
          'DELTA_UNSUPPORTED_TYPE',
          `column ${columnKey(path)} was changed from ${from} to ${to}, which this reader does not know`,
          {
            where,
            data: { column: columnKey(path), from, to },
          },
        )
    }
  }
}

/** Whether a field's own values (not those inside it) ever had `type`. */
export function hadType(metadata: Readonly<Record<string, unknown>> | undefined, type: DataType): boolean {
  return typeHistory(metadata).some(([from, , inside]) => from === type && inside === undefined)
}

function typeHistory(
  metadata: Readonly<Record<string, unknown>> | undefined,
): (readonly [from: string, to: string, path?: string])[] {
  const changes = metadata?.[typeChanges]
  if (changes === undefined || changes === null) return []
  if (!Array.isArray(changes)) return [[JSON.stringify(changes), 'no list of changes']]
  return changes.map((change: Readonly<Record<string, unknown>> | null) => {
    const { fromType, toType, fieldPath } = change ?? {}
    const path = typeof fieldPath === 'string' ? ([fieldPath] as const) : ([] as const)
    return [
      typeof fromType === 'string' ? fromType : JSON.stringify(fromType),
      typeof toType === 'string' ? toType : JSON.stringify(toType),
      ...path,
    ]
  })
}

function decimal(type: string): { readonly precision: number; readonly scale: number } | undefined {
  const [, precision, scale] = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type) ?? []
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) }
}
