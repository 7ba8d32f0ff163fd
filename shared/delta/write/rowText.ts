import type { DataType, Value } from '../../types/index.js'
import { formatPartitionValue } from '../schema/index.js'
import type { Rows } from './rows.js'

const shownColumns = 20
const shownLength = 60

/** The values of one row, for a message. */
export function rowText({ columns }: Rows, row: number): string {
  const parts = columns
    .slice(0, shownColumns)
    .map(({ field, data }) => `${field.name} = ${valueText(field.type, data[row] ?? null)}`)
  return columns.length > shownColumns ? `${parts.join(', ')}, …` : parts.join(', ')
}

function valueText(type: DataType, value: Value): string {
  const text =
    value === null
      ? 'null'
      : value instanceof Uint8Array
        ? `0x${Buffer.from(value).toString('hex')}`
        : plainText(type, value)
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
}

function plainText(type: DataType, value: Value): string {
  const isNested = typeof type !== 'string' && type.type !== 'decimal'
  if (isNested || type === 'string')
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
  return formatPartitionValue(type, value) ?? 'null'
}
