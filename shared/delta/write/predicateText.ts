import type { DataType, StructType, Value } from '../../parquet/dataType.js'
import { formatDate, splitTimestamp } from '../calendar.js'
import { parseColumnList } from '../columnPath.js'
import { formatDecimal } from '../decimalText.js'
import type { Predicate } from '../skipping.js'

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
      const told = values.slice(0, toldValues).map(value => literal(value, type))
      if (values.length > toldValues) told.push(`... ${values.length - toldValues} more values`)
      return `(${column} IN (${told.join(', ')}))`
    }
    default:
      return `(${predicate.column} ${predicate.op} ${literal(predicate.value, typeOf(predicate.column, schema))})`
  }
}

function literal(value: Value, type: DataType | undefined): string {
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex').toUpperCase()}'`
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return type === 'date' ? `DATE ${quoted(formatDate(value) ?? String(value))}` : String(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'bigint') return 'NULL'
  if (typeof type === 'object') return type.type === 'decimal' ? formatDecimal(value, type.scale) : String(value)
  if (type !== 'timestamp' && type !== 'timestamp_ntz') return String(value)
  const parts = splitTimestamp(value, 6)
  const text = parts === undefined ? String(value) : `${parts.day} ${parts.time}`
  return type === 'timestamp' ? `TIMESTAMP ${quoted(`${text}Z`)}` : `TIMESTAMP_NTZ ${quoted(text)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function typeOf(column: string, schema: StructType): DataType | undefined {
  let type: DataType | undefined = schema
  for (const name of parseColumnList(column)[0] ?? []) {
    type = typeof type !== 'string' && type?.type === 'struct' ? type.fields.find(field => field.name === name)?.type : undefined
  }
  return type
}
