import { formatDate, splitTimestamp } from '../delta/calendar.js'
import { columnKey } from '../delta/columnPath.js'
import { formatDecimal } from '../delta/decimalText.js'
import type { Predicate } from '../delta/skipping.js'
import type { DataType, StructField, StructType, Value } from '../parquet/dataType.js'
import { literal } from './sqlText.js'

/** A predicate as a person reads it, much like the SQL that it came from. Pure; no I/O. */
export function predicateText(predicate: Predicate, schema: StructType): string {
  const types = new Map<string, DataType>(leaves(schema.fields, []))
  return text(predicate)

  function text(part: Predicate): string {
    switch (part.op) {
      case 'and':
      case 'or':
        if (part.of.length === 0) return String(part.op === 'and')
        return part.of.map(inner => (inner.op === 'or' || inner.op === 'and' ? `(${text(inner)})` : text(inner))).join(part.op === 'and' ? ' AND ' : ' OR ')
      case 'not':
        return part.of.op === '=' ? `${part.of.column} <> ${value(part.of.column, part.of.value)}` : `NOT (${text(part.of)})`
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
    return valueText(types.get(column), item)
  }
}

function* leaves(fields: readonly StructField[], before: readonly string[]): Generator<[string, DataType]> {
  for (const { name, type } of fields) {
    yield [columnKey([...before, name]), type]
    if (typeof type === 'object' && type.type === 'struct') yield* leaves(type.fields, [...before, name])
  }
}

function valueText(type: DataType | undefined, value: Value): string {
  if (typeof value === 'string') return literal(value)
  if (typeof value === 'number') return type === 'date' ? `DATE ${literal(formatDate(value) ?? String(value))}` : String(value)
  if (typeof value === 'bigint' && (type === 'timestamp' || type === 'timestamp_ntz')) {
    const parts = splitTimestamp(value, 6)
    const written = parts === undefined ? String(value) : `${parts.day} ${parts.time}${type === 'timestamp' ? 'Z' : ''}`
    return `TIMESTAMP ${literal(written)}`
  }
  if (typeof value === 'bigint') return typeof type === 'object' && type.type === 'decimal' ? formatDecimal(value, type.scale) : String(value)
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  return JSON.stringify(value)
}
