import { randomUUID } from 'node:crypto'

import type { DataType, StructField, StructType } from '../../types/index.js'
import { allFields } from './schema.js'

/**
 * Column mapping (PROTOCOL.md, "Column Mapping"): every field of a table under column mapping, at any depth, has an id
 * and a physical name, which stay when the column is renamed. Pure but for the new names.
 */
const idKey = 'delta.columnMapping.id'
const physicalNameKey = 'delta.columnMapping.physicalName'
/** What a mapping notes in the metadata of a field. */
export const mappingKeys: ReadonlySet<string> = new Set([
  idKey,
  physicalNameKey,
  'delta.columnMapping.nested.ids',
  'parquet.field.id',
  'parquet.field.nested.ids',
])
/** The greatest id that any column of the table ever had: no id is given twice. */
const maxIdProperty = 'delta.columnMapping.maxColumnId'
const modeProperty = 'delta.columnMapping.mode'

/** By what a table finds its columns in its files: `none`, `name`, `id`, or a mode that is not known here. */
export function mappingMode(configuration: Readonly<Record<string, string>>): string {
  return configuration[modeProperty] ?? 'none'
}

/** Whether a table finds its columns by physical names or ids, so that they can be renamed and dropped. */
export function isMapped(configuration: Readonly<Record<string, string>>): boolean {
  return mappingMode(configuration) !== 'none'
}

/** What a mapping adds to a table. */
export interface Mapped {
  readonly schema: StructType
  readonly configuration: Readonly<Record<string, string>>
}

/**
 * Gives ids and physical names to the fields that have none, when the table's mode asks for them; else the same again.
 * @param names `asNamed` when files exist already that hold the columns under their names
 */
export function assignMapping(
  schema: StructType,
  configuration: Readonly<Record<string, string>>,
  names: 'new' | 'asNamed' = 'new',
): Mapped {
  if (!isMapped(configuration)) return { schema, configuration }
  let maxId = Math.max(wholeNumber(configuration[maxIdProperty]), ...idsOf(schema))
  const mapped = mapFields(schema, field => {
    const { metadata = {} } = field
    const id = metadata[idKey] ?? ++maxId
    const physicalName = metadata[physicalNameKey] ?? (names === 'new' ? `col-${randomUUID()}` : field.name)
    return { ...field, metadata: { ...metadata, [idKey]: id, [physicalNameKey]: physicalName } }
  })
  return { schema: mapped, configuration: { ...configuration, [maxIdProperty]: String(maxId) } }
}

/** A schema without the ids and physical names of another table's column mapping. */
export function withoutMapping<T extends DataType>(type: T): T {
  return mapFields(type, unmappedItself)
}

/** A field, with all that is inside, without the ids and physical names of a column mapping. */
export function unmapped(field: StructField): StructField {
  const itself = unmappedItself(field)
  return { ...itself, type: withoutMapping(itself.type) }
}

function unmappedItself(field: StructField): StructField {
  if (!Object.keys(field.metadata ?? {}).some(key => mappingKeys.has(key))) return field
  return {
    ...field,
    metadata: Object.fromEntries(Object.entries(field.metadata ?? {}).filter(([key]) => !mappingKeys.has(key))),
  }
}

/** A field's name in data files and statistics, in a table that maps its columns. */
export function physicalNameOf(field: StructField): string {
  const name = field.metadata?.[physicalNameKey]
  return typeof name === 'string' ? name : field.name
}

/** A field's name in data files and statistics: its own, unless the table maps its columns (see {@link isMapped}). */
export function storedName(field: StructField, mapped: boolean): string {
  return mapped ? physicalNameOf(field) : field.name
}

/** Every field of a type at any depth, parents first, as `change` makes it. */
export function mapFields<T extends DataType>(type: T, change: (field: StructField) => StructField): T
export function mapFields(type: DataType, change: (field: StructField) => StructField): DataType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      if (type.variant === true) return type
      return {
        ...type,
        fields: type.fields.map(field => {
          const changed = change(field)
          return { ...changed, type: mapFields(changed.type, change) }
        }),
      }
    case 'array':
      return { ...type, elementType: mapFields(type.elementType, change) }
    case 'map':
      return { ...type, keyType: mapFields(type.keyType, change), valueType: mapFields(type.valueType, change) }
    case 'decimal':
      return type
  }
}

function* idsOf(schema: StructType): Generator<number> {
  for (const { field } of allFields(schema)) {
    const id = Number(field.metadata?.[idKey])
    if (Number.isSafeInteger(id)) yield id
  }
}

function wholeNumber(text: string | undefined): number {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : 0
}
