import type { ColumnMatch } from '../../parquet/index.js'
import type { DataType, StructField, StructType } from '../../types/index.js'
import type { Metadata } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { mappingMode, storedName } from './columnMapping.js'
import { requireKnownWidening } from './typeWidening.js'

/** Where a column of a table is found: in the log, or in the data files. */
export type ColumnPlace =
  /** A partition column: its value is in the log under this name. */
  | { readonly kind: 'partition'; readonly key: string; readonly type: DataType }
  | { readonly kind: 'stored'; readonly field: StructField }
  /** Of a type that has no values; the files leave it out. */
  | { readonly kind: 'void' }

/** How the columns of a table are found (PROTOCOL.md, "Column Mapping"). */
export interface ColumnLayout {
  readonly match: ColumnMatch
  readonly placeOf: (field: StructField) => ColumnPlace
}

const modes: Readonly<Record<string, ColumnMatch>> = { none: 'name', name: 'physicalName', id: 'id' }
const physicalName = 'delta.columnMapping.physicalName'
const columnId = 'delta.columnMapping.id'

/**
 * The layout of a table.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for an unknown column mapping mode, DELTA_BAD_SCHEMA for a column under
 * column mapping without a physical name or id, and what {@link requireKnownWidening} throws
 */
export function columnLayout(
  {
    schema,
    metadata,
  }: { readonly schema: StructType; readonly metadata: Pick<Metadata, 'configuration' | 'partitionColumns'> },
  where?: LogPlace,
): ColumnLayout {
  const mode = mappingMode(metadata.configuration)
  const match = Object.hasOwn(modes, mode) ? modes[mode] : undefined
  if (match === undefined) {
    throw new DeltaError(
      'DELTA_UNSUPPORTED_FEATURE',
      `the column mapping mode ${JSON.stringify(mode)} is not known here`,
      { where },
    )
  }
  requireKnownWidening(schema, where)
  const partitions = new Set(metadata.partitionColumns.map(name => name.toLowerCase()))
  for (const name of metadata.partitionColumns) {
    if (!schema.fields.some(field => field.name.toLowerCase() === name.toLowerCase()))
      throw new DeltaError('DELTA_BAD_SCHEMA', `the partition column ${JSON.stringify(name)} is not in the schema`, {
        where,
      })
  }
  return {
    match,
    placeOf(field) {
      if (match !== 'name') requireMapping(field, match, where)
      if (partitions.has(field.name.toLowerCase())) {
        return { kind: 'partition', key: storedName(field, match !== 'name'), type: field.type }
      }
      return isVoid(field.type) ? { kind: 'void' } : { kind: 'stored', field }
    },
  }
}

/** True for a type without values. */
export function isVoid(type: DataType): boolean {
  return type === 'void'
}

function requireMapping(field: StructField, match: ColumnMatch, where: LogPlace | undefined): void {
  const key = match === 'id' ? columnId : physicalName
  if (field.metadata?.[key] === undefined)
    throw new DeltaError(
      'DELTA_BAD_SCHEMA',
      `column ${JSON.stringify(field.name)} has no ${key}, which its table's column mapping needs`,
      { where },
    )
  const visit = (type: DataType): void => {
    if (typeof type === 'string') return
    switch (type.type) {
      case 'struct':
        if (type.variant !== true) for (const child of type.fields) requireMapping(child, match, where)
        return
      case 'array':
        visit(type.elementType)
        return
      case 'map':
        visit(type.keyType)
        visit(type.valueType)
        return
      case 'decimal':
        return
    }
  }
  visit(field.type)
}
