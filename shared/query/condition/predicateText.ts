import type { Predicate } from '../../delta/index.js'
import {
  columnKey,
  type DataType,
  literalText,
  type StructField,
  type StructType,
  type Value,
} from '../../types/index.js'

/** A predicate as a person reads it, much like the SQL that it came from. Pure; no I/O. */
export function predicateText(predicate: Predicate, schema: StructType): string {
  const types = new Map<string, DataType>(leaves(schema.fields, []))
  return text(predicate)

  function text(part: Predicate): string {
    switch (part.op) {
      case 'and':
      case 'or':
        if (part.of.length === 0) return String(part.op === 'and')
        return part.of
          .map(inner => (inner.op === 'or' || inner.op === 'and' ? `(${text(inner)})` : text(inner)))
          .join(part.op === 'and' ? ' AND ' : ' OR ')
      case 'not':
        return part.of.op === '='
          ? `${part.of.column} <> ${value(part.of.column, part.of.value)}`
          : `NOT (${text(part.of)})`
      case 'isNull':
        return `${part.column} IS NULL`
      case 'isNotNull':
        return `${part.column} IS NOT NULL`
      case 'in':
        return `${part.column} IN (${part.values.map(item => value(part.column, item)).join(', ')})`
      default:
        return `${part.column} ${part.op} ${value(part.column, part.value)}`
    }
  }

  function value(column: string, item: Value): string {
    return literalText(item, types.get(column))
  }
}

function* leaves(fields: readonly StructField[], before: readonly string[]): Generator<[string, DataType]> {
  for (const { name, type } of fields) {
    yield [columnKey([...before, name]), type]
    if (typeof type === 'object' && type.type === 'struct') yield* leaves(type.fields, [...before, name])
  }
}
