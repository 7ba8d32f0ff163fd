import {
  columnKey,
  type DataType,
  fieldNamed,
  isStruct,
  type Json,
  type StructField,
  type StructType,
} from '../../types/index.js'
import { isNode, textsOf } from '../duckdb/index.js'

/** What queries of this project call the table that a condition is about. */
export const tableAlias = 't'

/** A column that a condition names. */
export interface ConditionColumn {
  readonly key: string
  readonly type: DataType
}

/** The column of the table, or field inside its structs, that a node names, in whatever letter case; undefined for any other node. */
export function columnOf(schema: StructType, json: Json | undefined): ConditionColumn | undefined {
  if (!isNode(json) || json['type'] !== 'COLUMN_REF') return undefined
  const names = textsOf(json['column_names'])
  const qualified = names[0] === tableAlias ? names.slice(1) : undefined
  const found = pathOf(schema.fields, names)
  // A column of the name that queries give the table could be meant as well.
  if (qualified === undefined || qualified.length === 0) return found
  return found === undefined ? pathOf(schema.fields, qualified) : undefined
}

function pathOf(fields: readonly StructField[], names: readonly string[]): ConditionColumn | undefined {
  const path: string[] = []
  let inside: readonly StructField[] = fields
  let type: DataType | undefined
  for (const name of names) {
    const field = fieldNamed(inside, name)
    if (field === undefined) return undefined
    path.push(field.name)
    type = field.type
    inside = isStruct(type) ? type.fields : []
  }
  return type && { key: columnKey(path), type }
}
