import { compareValues, type Value } from '../../types/index.js'

/** A condition on rows. Columns are named by key (`a`, `s.x`; see columnPath.ts), values are as in memory. */
export type Predicate =
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly column: string; readonly value: Value }
  | { readonly op: 'in'; readonly column: string; readonly values: readonly Value[] }
  | { readonly op: 'isNull' | 'isNotNull'; readonly column: string }
  | { readonly op: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }

/** The keys of the columns that a predicate names, see {@link columnKey}. */
export function predicateColumns(predicate: Predicate): readonly string[] {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return predicate.of.flatMap(predicateColumns)
    case 'not':
      return predicateColumns(predicate.of)
    default:
      return [predicate.column]
  }
}

/** Of a file's rows, the predicate is true for none, for all, or it is unknown. */
export type Match = 'no' | 'maybe' | 'all'

/** What is known of a column's values in some rows, as those of a file. */
export interface ColumnFacts {
  readonly nulls: 'none' | 'some' | 'all' | 'unknown'
  readonly min?: Value | undefined
  /** NaN, which is above all numbers, only where every writer would record it. */
  readonly max?: Value | undefined
  /** There may be NaN although `max` is a number. */
  readonly nan?: boolean | undefined
}

/** What is known of a column; undefined when nothing is. */
type FactsOf = (column: string) => ColumnFacts | undefined

/** Of rows with these facts, the predicate is true for none, for all, or it is unknown. */
export function matchOf(predicate: Predicate, factsOf: FactsOf): Match {
  const [never, always] = certaintyOf(predicate, factsOf)
  return never ? 'no' : always ? 'all' : 'maybe'
}

/** `[never, always]`: the predicate is true for no row; it is true for every row. */
type Certainty = readonly [never: boolean, always: boolean]
const unknown: Certainty = [false, false]

function certaintyOf(predicate: Predicate, factsOf: FactsOf): Certainty {
  switch (predicate.op) {
    case 'and': {
      const parts = predicate.of.map(part => certaintyOf(part, factsOf))
      return [
        parts.some(([never]) => never) || isNeverOfNumbers(predicate.of, factsOf),
        parts.every(([, always]) => always),
      ]
    }
    case 'or': {
      const parts = predicate.of.map(part => certaintyOf(part, factsOf))
      return [parts.every(([never]) => never), parts.some(([, always]) => always)]
    }
    case 'not':
      return certaintyOfNot(predicate.of, factsOf)
    case 'in': {
      const parts = predicate.values.map(value => certaintyOfComparison('=', value, factsOf(predicate.column)))
      return [parts.every(([never]) => never), parts.some(([, always]) => always)]
    }
    case 'isNull':
    case 'isNotNull': {
      const nulls = factsOf(predicate.column)?.nulls
      const isNull: Certainty = [nulls === 'none', nulls === 'all']
      return predicate.op === 'isNull' ? isNull : [isNull[1], isNull[0]]
    }
    default:
      return certaintyOfComparison(predicate.op, predicate.value, factsOf(predicate.column))
  }
}

/** Whether parts that must all be true are so for no row, given that some of them rule out NaN in the columns of others. */
function isNeverOfNumbers(parts: readonly Predicate[], factsOf: FactsOf): boolean {
  const numbers = new Set(parts.flatMap(part => (isBelowNaN(part) ? [part.column] : [])))
  if (numbers.size === 0) return false
  const ofNumbers = (column: string): ColumnFacts | undefined => {
    const facts = factsOf(column)
    return facts?.nan === true && numbers.has(column) ? { ...facts, nan: false } : facts
  }
  return parts.some(part => certaintyOf(part, ofNumbers)[0])
}

function isBelowNaN(part: Predicate): part is Extract<Predicate, { readonly value: Value }> {
  return (
    (part.op === '<' || part.op === '<=' || part.op === '=') &&
    typeof part.value === 'number' &&
    !Number.isNaN(part.value)
  )
}

const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const

/** `not` pushed down to the comparisons, because the negation of an unknown comparison with null is not true either. */
function certaintyOfNot(predicate: Predicate, factsOf: FactsOf): Certainty {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return certaintyOf(
        { op: predicate.op === 'and' ? 'or' : 'and', of: predicate.of.map(of => ({ op: 'not', of })) },
        factsOf,
      )
    case 'not':
      return certaintyOf(predicate.of, factsOf)
    case 'isNull':
      return certaintyOf({ ...predicate, op: 'isNotNull' }, factsOf)
    case 'isNotNull':
      return certaintyOf({ ...predicate, op: 'isNull' }, factsOf)
    case '=':
      return certaintyOfUnequal([predicate.value], factsOf(predicate.column))
    case 'in':
      return certaintyOfUnequal(predicate.values, factsOf(predicate.column))
    default:
      return certaintyOf({ ...predicate, op: opposite[predicate.op] }, factsOf)
  }
}

function certaintyOfComparison(
  op: '=' | '<' | '<=' | '>' | '>=',
  value: Value,
  facts: ColumnFacts | undefined,
): Certainty {
  // A comparison with null is never true, and nor is one of a null.
  if (value === null || facts?.nulls === 'all') return [true, false]
  if (facts === undefined) return unknown
  const min = order(facts.min, value)
  const max = order(facts.nan === true ? NaN : facts.max, value)
  const isAbove = facts.nan === true && !Number.isNaN(value) ? order(facts.max, value) < 0 : max < 0
  const [never, always] = {
    '=': [min > 0 || isAbove, min >= 0 && max <= 0],
    '<': [min >= 0, max < 0],
    '<=': [min > 0, max <= 0],
    '>': [max <= 0, min > 0],
    '>=': [max < 0, min >= 0],
  }[op] as [boolean, boolean]
  return [never, always && facts.nulls === 'none']
}

function certaintyOfUnequal(values: readonly Value[], facts: ColumnFacts | undefined): Certainty {
  // A null is not in an empty list either, where against any value it would be unknown.
  if (values.length === 0) return [false, true]
  if (values.includes(null) || facts?.nulls === 'all') return [true, false]
  const equal = values.map(value => certaintyOfComparison('=', value, facts && { ...facts, nulls: 'none' }))
  return [equal.some(([, always]) => always), equal.every(([never]) => never) && facts?.nulls === 'none']
}

/** NaN, which is neither above nor below nor equal, when the bound is unknown. */
function order(bound: Value | undefined, value: Value): number {
  return bound === undefined ? NaN : (compareValues(bound, value) ?? NaN)
}
