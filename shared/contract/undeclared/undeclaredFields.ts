import { type ValueKind, valueKinds } from './valueKind.js'

/** In a path: the items of an array, and the values of a map. */
export const [inItems, inValues] = [0, 1] as const

/** Where a field is, from the value inwards: names, {@link inItems} and {@link inValues}. */
export type FieldPath = readonly (string | typeof inItems | typeof inValues)[]

/** A field that records have and the contract lacks. */
export interface UndeclaredField {
  readonly path: FieldPath
  /** How many records have it. */
  readonly records: number
  /** What it was seen to be. */
  readonly kinds: readonly ValueKind[]
}

/** Fields that records have and a contract lacks: the same for a batch, a commit and a stream's past. JSON as it stands. */
export interface UndeclaredFields {
  readonly fields: readonly UndeclaredField[]
  /** Records with fields that are too many to be told apart. */
  readonly others: number
}

/** None. */
export const noUndeclared: UndeclaredFields = { fields: [], others: 0 }

/**
 * Both together: the `most` fields that most records have by themselves, the rest as others. Of fields that neither has
 * more of, those that were known before stay.
 */
export function mergeUndeclared<F extends UndeclaredField>(
  known: { readonly fields: readonly F[]; readonly others: number },
  found: UndeclaredFields,
  most: number,
): { readonly fields: readonly (F | UndeclaredField)[]; readonly others: number } {
  const byPath = new Map<string, F | UndeclaredField>(known.fields.map(field => [JSON.stringify(field.path), field]))
  for (const field of found.fields) {
    const place = JSON.stringify(field.path)
    const before = byPath.get(place)
    byPath.set(place, before === undefined ? field : { ...before, ...sumOf(before, field) })
  }
  const fields = [...byPath.values()]
  const others = known.others + found.others
  if (fields.length <= most) return { fields, others }
  // A field is never seen less often than what is inside it, and is kept before that.
  fields.sort((a, b) => b.records - a.records || a.path.length - b.path.length)
  return {
    fields: fields.slice(0, most),
    others: fields.slice(most).reduce((sum, { records }) => sum + records, others),
  }
}

function sumOf(a: UndeclaredField, b: UndeclaredField): Pick<UndeclaredField, 'records' | 'kinds'> {
  return {
    records: a.records + b.records,
    kinds: valueKinds.filter(kind => a.kinds.includes(kind) || b.kinds.includes(kind)),
  }
}
