import type { DataType, StructField } from '../../parquet/dataType.js'
import { isVoid } from '../columnLayout.js'
import { planStats, type StatsPlan, type TableShape } from '../statsColumns.js'

/** A table's data files as they are on disk: without partition columns, under physical names. */
export interface PhysicalLayout {
  readonly fields: readonly StructField[]
  /** The same as the table's schema has them. */
  readonly source: readonly StructField[]
  /** Statistics of columns under their physical names. */
  readonly stats: StatsPlan
}

/** Pure; no I/O. */
export function physicalLayout(table: TableShape): PhysicalLayout {
  const mode = table.configuration['delta.columnMapping.mode'] ?? 'none'
  const partitions = new Set(table.partitionColumns.map(name => name.toLowerCase()))
  const data = table.schema.fields.filter(({ name, type }) => !partitions.has(name.toLowerCase()) && !isVoid(type))
  const plan = planStats(table)
  return {
    fields: mode === 'none' ? data : data.map(physicalField),
    source: data,
    stats: { ...plan, columns: plan.columns.map(column => ({ ...column, path: column.physicalPath })) },
  }
}

function physicalField(field: StructField): StructField {
  const name = field.metadata?.['delta.columnMapping.physicalName']
  return { ...field, name: typeof name === 'string' ? name : field.name, type: physicalType(field.type) }
}

function physicalType(type: DataType): DataType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      return type.variant === true ? type : { ...type, fields: type.fields.map(physicalField) }
    case 'array':
      return { ...type, elementType: physicalType(type.elementType) }
    case 'map':
      return { ...type, keyType: physicalType(type.keyType), valueType: physicalType(type.valueType) }
    default:
      return type
  }
}
