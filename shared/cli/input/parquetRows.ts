import { allFields, type Rows } from '../../delta/index.js'
import type { ParquetFile } from '../../parquet/index.js'
import { columnKey, type DataType, fieldNamed, type StructField, type StructType } from '../../types/index.js'
import { CliError } from '../cliError.js'

/**
 * A table's schema with the columns, and fields of structs, that only a Parquet file has.
 * @throws CliError BAD_INPUT for columns that no table can take as they are
 */
export function parquetSchema(
  file: Pick<ParquetFile, 'fields' | 'foreignColumns'>,
  schema: StructType,
  name: string,
): StructType {
  checkColumns(file, name)
  const { fields } = file
  return joined(schema, { type: 'struct', fields }, [], () => undefined) as StructType
}

/**
 * A Parquet file's rows under a table's names and types, a row group at a time.
 * @throws CliError BAD_INPUT for a column that the table lacks, or that no table can take as it is; ParquetError for
 * one of a type that cannot be read as the table's, or with values that would lose digits
 */
export async function* parquetRows(
  file: ParquetFile,
  schema: StructType,
  { name, whole }: { readonly name: string; readonly whole: boolean },
): AsyncGenerator<Rows> {
  checkColumns(file, name)
  joined(schema, { type: 'struct', fields: file.fields }, [], path => {
    const columns = schema.fields.map(field => field.name).join(', ')
    throw new CliError(
      'BAD_INPUT',
      `${name} has a column ${columnKey(path)}, and the table has not: ${columns}. Nothing was written.`,
    )
  })
  // A file's columns are found by their own names, and then called as the table calls them.
  const wanted = file.fields.flatMap(own => {
    const field = fieldNamed(schema.fields, own.name)
    return field === undefined ? [] : [{ field, read: { ...field, name: own.name, metadata: {} } }]
  })
  const groups = whole ? [{ rowStart: 0, rows: file.rowCount }] : file.rowGroups
  for (const { rowStart, rows } of groups) {
    if (rows === 0) continue
    const read = await file.readColumns({
      fields: wanted.map(({ read: field }) => field),
      rowStart,
      rowEnd: rowStart + rows,
      lossless: true,
    })
    yield { count: rows, columns: read.map(({ data }, i) => ({ field: wanted[i]?.field as StructField, data })) }
  }
}

/** @throws CliError BAD_INPUT for columns that differ in letter case only, and for those whose meaning would be lost */
function checkColumns({ fields, foreignColumns }: Pick<ParquetFile, 'fields' | 'foreignColumns'>, name: string): void {
  const seen = new Map<string, string>()
  for (const { path } of allFields({ type: 'struct', fields })) {
    const [key, folded] = [columnKey(path), columnKey(path).toLowerCase()]
    const before = seen.get(folded)
    if (before !== undefined) {
      const what =
        before === key ? `two columns ${key}` : `the columns ${before} and ${key}, which differ in letter case only`
      throw new CliError(
        'BAD_INPUT',
        `${name} has ${what}: in a table they would be one. Rename one of them. Nothing was written.`,
      )
    }
    seen.set(folded, key)
  }
  const [foreign] = foreignColumns
  if (foreign === undefined) return
  const column = columnKey(foreign.path)
  throw new CliError(
    'BAD_INPUT',
    `${name} has the column ${column}, which is ${foreign.what}, and tables have no such type. Cast it to a number or a text first. Nothing was written.`,
  )
}

/** `type` with the fields that only `other` has, each of which is reported. */
function joined(
  type: DataType,
  other: DataType,
  path: readonly string[],
  onNew: (path: readonly string[]) => void,
): DataType {
  if (typeof type === 'string' || typeof other === 'string' || type.type !== other.type) return type
  if (type.type === 'struct' && other.type === 'struct' && type.variant !== true) {
    let { fields } = type
    for (const field of other.fields) {
      const own = fieldNamed(fields, field.name)
      const here = [...path, own?.name ?? field.name]
      if (own === undefined) {
        onNew(here)
        fields = [...fields, { ...field, nullable: true, metadata: {} }]
        continue
      }
      const next = joined(own.type, field.type, here, onNew)
      if (next !== own.type) fields = fields.map((old): StructField => (old === own ? { ...own, type: next } : old))
    }
    return fields === type.fields ? type : { ...type, fields }
  }
  if (type.type === 'array' && other.type === 'array') {
    const elementType = joined(type.elementType, other.elementType, [...path, 'element'], onNew)
    return elementType === type.elementType ? type : { ...type, elementType }
  }
  if (type.type === 'map' && other.type === 'map') {
    const valueType = joined(type.valueType, other.valueType, [...path, 'value'], onNew)
    return valueType === type.valueType ? type : { ...type, valueType }
  }
  return type
}
