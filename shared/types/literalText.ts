import type { DataType, Value } from './dataType.js'
import { formatDecimal } from './decimalText.js'
import { formatDate, splitTimestamp } from './sparkTime.js'

/** A value of a column as a literal of SQL, for people to read; without a type, by its form in memory. */
export function literalText(value: Value, type: DataType | undefined): string {
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex').toUpperCase()}'`
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number')
    return type === 'date' ? `DATE ${quoted(formatDate(value) ?? String(value))}` : String(value)
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
