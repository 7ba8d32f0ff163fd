import type { Predicate } from '../../delta/index.js'
import type { Point } from './comparedValue.js'

/** The comparisons that bounds can answer. */
export type Comparison = '=' | '<' | '<=' | '>' | '>='

/** True of every row: a conjunction of nothing. */
export const always: Predicate = { op: 'and', of: [] }
/** True of no row: a disjunction of nothing. */
export const never: Predicate = { op: 'or', of: [] }

/** A column's value compared with a point; true for nothing when that is null. */
export function comparison(column: string, op: Comparison | '<>', point: Point | null): Predicate {
  if (point === null) return never
  const { value, exact } = point
  switch (op) {
    case '=':
      return exact ? { op, column, value } : never
    case '<>':
      return exact ? { op: 'not', of: { op: '=', column, value } } : { op: 'isNotNull', column }
    // Between two neighbours of the column's values lies the constant, and `value` is the lower one.
    case '<':
    case '<=':
      return { op: exact ? op : '<=', column, value }
    case '>':
    case '>=':
      return { op: exact ? op : '>', column, value }
  }
}

/** The column's strings that begin with the prefix, or rather more. */
export function prefixed(column: string, prefix: string): Predicate | undefined {
  if (prefix === '') return { op: 'isNotNull', column }
  const least: Predicate = { op: '>=', column, value: prefix }
  const points = Array.from(prefix, char => char.codePointAt(0) ?? 0)
  while (points.length > 0 && (points.at(-1) ?? 0) >= 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return least
  const next = last === 0xd7ff ? 0xe000 : last + 1
  return { op: 'and', of: [least, { op: '<', column, value: String.fromCodePoint(...points, next) }] }
}
