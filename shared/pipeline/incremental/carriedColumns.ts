import type { TableSpec } from '../../contract/index.js'
import { compareSchemas } from '../../delta/index.js'
import type { StructField, StructType } from '../../types/index.js'

/**
 * The table with the contract columns of another version of the contract, which its source has and this one lacks.
 * While a new version is rolled out, an instance of the old one still takes rows from the source and moves the cursor
 * past them: what it left out would be lost for good. Columns of the pipeline begin with an underscore, and no contract
 * column does.
 */
export function withCarriedColumns(spec: TableSpec, source: StructType): TableSpec {
  const stored = new Map(
    source.fields.filter(({ name }) => !name.startsWith('_')).map(field => [field.name.toLowerCase(), field]),
  )
  const own = spec.schema.fields.map(field => {
    const other = stored.get(field.name.toLowerCase())
    stored.delete(field.name.toLowerCase())
    return other === undefined ? field : withCarriedFields(field, other)
  })
  const carried = [...stored.values()].map(({ name, type, metadata }): StructField => {
    const comment = metadata?.['comment']
    return { name, type, nullable: true, ...(comment === undefined ? {} : { metadata: { comment } }) }
  })
  const end = own.findIndex(({ name }) => name.startsWith('_'))
  const fields = end < 0 ? [...own, ...carried] : [...own.slice(0, end), ...carried, ...own.slice(end)]
  return { ...spec, schema: { type: 'struct', fields } }
}

/** The same for fields inside structs; a column of another type stays as this contract says, whoever opens the table hears of it. */
function withCarriedFields(field: StructField, other: StructField): StructField {
  const only = (one: StructField): StructType => ({ type: 'struct', fields: [{ ...one, nullable: true }] })
  const change = compareSchemas(only(field), only(other))
  const [merged] = change.kind === 'additive' ? change.schema.fields : []
  return merged === undefined ? field : { ...field, type: merged.type }
}

/** Columns of the source to read for the table: the pipeline's `own` and every contract column. */
export function sourceColumns(source: StructType, own: readonly string[]): readonly string[] {
  return source.fields.map(({ name }) => name).filter(name => !name.startsWith('_') || own.includes(name))
}
