import { type DataType, literalText, parseColumnList, type StructType, typeAt } from '../../types/index.js'
import type { Predicate } from '../stats/index.js'

/** Of a long list, so many values are told: what the log says of a change is read with every version. */
const toldValues = 25

/** A predicate as `DESCRIBE HISTORY` shows it: SQL. Pure; no I/O. */
export function predicateText(predicate: Predicate, schema: StructType): string {
  switch (predicate.op) {
    case 'and':
    case 'or': {
      if (predicate.of.length === 0) return predicate.op === 'and' ? 'true' : 'false'
      return `(${predicate.of.map(part => predicateText(part, schema)).join(` ${predicate.op.toUpperCase()} `)})`
    }
    case 'not':
      return `(NOT ${predicateText(predicate.of, schema)})`
    case 'isNull':
      return `(${predicate.column} IS NULL)`
    case 'isNotNull':
      return `(${predicate.column} IS NOT NULL)`
    case 'in': {
      const { column, values } = predicate
      const type = typeOf(column, schema)
      const told = values.slice(0, toldValues).map(value => literalText(value, type))
      if (values.length > toldValues) told.push(`... ${values.length - toldValues} more values`)
      return `(${column} IN (${told.join(', ')}))`
    }
    default:
      return `(${predicate.column} ${predicate.op} ${literalText(predicate.value, typeOf(predicate.column, schema))})`
  }
}

function typeOf(column: string, schema: StructType): DataType | undefined {
  return typeAt(schema, parseColumnList(column)[0] ?? [])
}
