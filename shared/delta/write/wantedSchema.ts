import type { DataType, StructField, StructType } from '../../types/index.js'
import { isVoid } from '../schema/index.js'
import type { StoredRows } from './rows.js'

/**
 * The schema that a table must have at least to hold the rows, in the table's own names: what it has already keeps its
 * nullability, and its type where the rows have none. For comparison by `compareSchemas`.
 */
export function wantedSchema(table: StructType, { columns }: StoredRows): StructType {
  return structAs(table, { type: 'struct', fields: columns.map(({ field }) => field) })
}

function structAs(table: StructType, wanted: StructType): StructType {
  const left = new Map(wanted.fields.map(field => [field.name.toLowerCase(), field]))
  const fields = table.fields.map((own): StructField => {
    const field = left.get(own.name.toLowerCase())
    left.delete(own.name.toLowerCase())
    return field === undefined ? own : { ...own, type: typeAs(own.type, field.type) }
  })
  return { type: 'struct', fields: [...fields, ...left.values()] }
}

function typeAs(table: DataType, wanted: DataType): DataType {
  if (isVoid(wanted)) return table
  if (typeof table === 'string' || typeof wanted === 'string' || table.type !== wanted.type) return wanted
  if (table.type === 'struct' && wanted.type === 'struct') {
    return table.variant === true || wanted.variant === true ? wanted : structAs(table, wanted)
  }
  if (table.type === 'array' && wanted.type === 'array')
    return { ...table, elementType: typeAs(table.elementType, wanted.elementType) }
  if (table.type === 'map' && wanted.type === 'map') {
    return {
      ...table,
      keyType: typeAs(table.keyType, wanted.keyType),
      valueType: typeAs(table.valueType, wanted.valueType),
    }
  }
  return wanted
}
