import { type Column, namedValue, type Row, type StructField, type Value } from '../../types/index.js'

/** Rows as columns, in the fields' order; a name that a row lacks is null. */
export function columnsOf(fields: readonly StructField[], rows: readonly Row[]): readonly Column[] {
  return fields.map(field => ({ field, data: rows.map((row): Value => namedValue(row, field.name) ?? null) }))
}
