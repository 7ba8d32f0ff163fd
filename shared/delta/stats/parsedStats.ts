import {
  type DataType,
  isRow,
  isStruct,
  namedValue,
  type Row,
  type StructField,
  type Value,
} from '../../types/index.js'
import { formatBound } from './valueBounds.js'

/**
 * Statistics that a checkpoint has as a struct (`stats_parsed`) and not as JSON, in their JSON form.
 *
 * @param field the checkpoint's own column
 */
export function statsJson(field: StructField, row: Row): string | undefined {
  const parsed = row[field.name]
  if (!isStruct(field.type) || !isRow(parsed)) return undefined
  const parts: string[] = []
  for (const { name, type } of field.type.fields) {
    const text = partJson(name, type, namedValue(parsed, name) ?? null)
    if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`)
  }
  return `{${parts.join(',')}}`
}

function partJson(name: string, type: DataType, value: Value): string | undefined {
  switch (name) {
    case 'numRecords':
      return typeof value === 'bigint' || typeof value === 'number' ? String(value) : undefined
    case 'tightBounds':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'minValues':
    case 'maxValues':
    case 'nullCount':
      return valueJson(type, value)
    default:
      return undefined
  }
}

/** From 1972-01-08 on no zone's offset has seconds, in microseconds since 1970. */
const wholeMinutesFrom = 63_676_800_000_000n

/**
 * What the struct holds was read from a text, whose offset may have lost its seconds. The time itself does not show that
 * any more, so that before all clocks went by whole minutes it is given an offset: readers then allow for it.
 */
function boundJson(type: DataType, value: Value): string | undefined {
  const text = formatBound(type, value)
  return type === 'timestamp' && typeof value === 'bigint' && value < wholeMinutesFrom
    ? text?.replace(/Z"$/, '+00:00"')
    : text
}

/** Nothing for what is null: an absent bound, and a null count that was not taken. */
function valueJson(type: DataType, value: Value): string | undefined {
  if (value === null) return undefined
  if (!isStruct(type)) return boundJson(type, value)
  if (!isRow(value)) return undefined
  const fields: string[] = []
  for (const field of type.fields) {
    const text = valueJson(field.type, namedValue(value, field.name) ?? null)
    if (text !== undefined) fields.push(`${JSON.stringify(field.name)}:${text}`)
  }
  return `{${fields.join(',')}}`
}
