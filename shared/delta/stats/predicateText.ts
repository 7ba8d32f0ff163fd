import {
  columnKey,
  type DataType,
  literalText,
  type StructField,
  type StructType,
  type Value,
} from '../../types/index.js'
import type { Predicate } from './predicate.js'

/** Of a long list, so many values are recorded: the log's description of a change is read with every version. */
const shownValues = 25

/**
 * A predicate as SQL: for `history` as `DESCRIBE HISTORY` shows it, each part in brackets, long lists shortened; for a
 * `plan` as a person would have written it, whole and with the brackets it needs.
 */
export function predicateText(predicate: Predicate, schema: StructType, use: 'history' | 'plan' = 'history'): string {
  const isPlan = use === 'plan'
  const types = new Map(leaves(schema.fields, []))
  const bracketed = (text: string) => (isPlan ? text : `(${text})`)
  const literal = (column: string, value: Value) => literalText(value, types.get(column))
  return text(predicate)

  function text(part: Predicate): string {
    switch (part.op) {
      case 'and':
      case 'or':
        if (part.of.length === 0) return String(part.op === 'and')
        return bracketed(part.of.map(inner).join(part.op === 'and' ? ' AND ' : ' OR '))
      case 'not':
        if (isPlan && part.of.op === '=') return `${part.of.column} <> ${literal(part.of.column, part.of.value)}`
        return bracketed(isPlan ? `NOT (${text(part.of)})` : `NOT ${text(part.of)}`)
      case 'isNull':
        return bracketed(`${part.column} IS NULL`)
      case 'isNotNull':
        return bracketed(`${part.column} IS NOT NULL`)
      case 'in':
        return bracketed(`${part.column} IN (${listed(part.column, part.values)})`)
      default:
        return bracketed(`${part.column} ${part.op} ${literal(part.column, part.value)}`)
    }
  }

  function inner(part: Predicate): string {
    return isPlan && (part.op === 'and' || part.op === 'or') ? `(${text(part)})` : text(part)
  }

  function listed(column: string, values: readonly Value[]): string {
    const shown = values.slice(0, isPlan ? values.length : shownValues).map(value => literal(column, value))
    if (shown.length < values.length) shown.push(`... ${values.length - shown.length} more values`)
    return shown.join(', ')
  }
}

/** Every column and field inside structs, by its key: the text of a key does not determine all names. */
function* leaves(fields: readonly StructField[], before: readonly string[]): Generator<[string, DataType]> {
  for (const { name, type } of fields) {
    yield [columnKey([...before, name]), type]
    if (typeof type === 'object' && type.type === 'struct') yield* leaves(type.fields, [...before, name])
  }
}
