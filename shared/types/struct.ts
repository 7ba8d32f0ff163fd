import type { DataType, Row, StructType, Value } from './dataType.js'

/** Structs, as types and as values. */

/** Whether a type has fields that are columns. A variant has none: its parts are its encoding. */
export function isStruct(type: DataType | undefined): type is StructType {
  return typeof type === 'object' && type.type === 'struct' && type.variant !== true
}

/** Whether a type is a variant, which is stored as a struct and is none to SQL. */
export function isVariant(type: DataType): boolean {
  return typeof type === 'object' && type.type === 'struct' && type.variant === true
}

/** The type of the column that a path of names leads to, spelled as the schema has it; nothing where there is none. */
export function typeAt(schema: StructType, path: readonly string[]): DataType | undefined {
  let type: DataType | undefined = schema
  for (const name of path) type = isStruct(type) ? type.fields.find(field => field.name === name)?.type : undefined
  return type
}

/** The field of that name, else the one that differs in letter case alone, as other engines have it. */
export function fieldNamed<T extends { readonly name: string }>(fields: readonly T[], name: string): T | undefined {
  return (
    fields.find(field => field.name === name) ?? fields.find(field => field.name.toLowerCase() === name.toLowerCase())
  )
}

/** Whether a value in memory is that of a struct, or an entry of a map. */
export function isRow(value: Value | undefined): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
