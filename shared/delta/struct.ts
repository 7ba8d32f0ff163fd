import type { DataType, Row, StructType, Value } from '../parquet/dataType.js'

/** Structs, as types and as values. Pure; no I/O. */

/** Whether a type has fields that are columns. A variant has none: what it is made of is its encoding. */
export function isStruct(type: DataType | undefined): type is StructType {
  return typeof type === 'object' && type.type === 'struct' && type.variant !== true
}

/** Whether a value in memory is that of a struct, or an entry of a map. */
export function isRow(value: Value | undefined): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
