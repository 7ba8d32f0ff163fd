import type { DataType, StructField } from '../../types/index.js'
import { readerFeaturesOf, type TableState, writerFeaturesOf } from '../protocol/index.js'
import { isMapped, isVoid, storedName } from '../schema/index.js'
import { planStats, type StatsPlan, type StatsShape } from '../stats/index.js'

/** A table's data files as they are on disk: without partition columns, under physical names. */
export interface PhysicalLayout {
  readonly fields: readonly StructField[]
  /** The same as the table's schema has them. */
  readonly source: readonly StructField[]
  /** Statistics of columns under their physical names. */
  readonly stats: StatsPlan
}

/** What the layout takes from the table's protocol rather than from its schema and properties. */
export interface PhysicalLayoutOptions {
  /** Whether the files hold the partition columns, too; readers take these values from the log all the same. */
  readonly partitionColumns?: boolean | undefined
}

/**
 * The layout by schema and properties alone; {@link dataFileLayout} takes the protocol into account, too. Columns of
 * type `void` are not stored.
 */
export function physicalLayout(table: StatsShape, options: PhysicalLayoutOptions = {}): PhysicalLayout {
  const mapped = isMapped(table.configuration)
  const partitions = new Set(
    options.partitionColumns === true ? [] : table.partitionColumns.map(name => name.toLowerCase()),
  )
  const source = table.schema.fields.filter(({ name, type }) => !partitions.has(name.toLowerCase()) && !isVoid(type))
  const plan = planStats(table)
  return {
    fields: source.map(field => storedField(field, mapped)),
    source,
    stats: { ...plan, columns: plan.columns.map(column => ({ ...column, path: column.physicalPath })) },
  }
}

/** The layout of the data files that a table's protocol requires. */
export function dataFileLayout({
  protocol,
  metadata,
  schema,
}: Pick<TableState, 'protocol' | 'metadata' | 'schema'>): PhysicalLayout {
  const layout = physicalLayout({ ...metadata, schema }, { partitionColumns: holdsPartitionColumns(protocol) })
  return { ...layout, stats: { ...layout.stats, saysTight: readerFeaturesOf(protocol).includes('deletionVectors') } }
}

/** Whether data files must hold the partition columns, too (feature `materializePartitionColumns`). */
export function holdsPartitionColumns(protocol: TableState['protocol']): boolean {
  return writerFeaturesOf(protocol).includes('materializePartitionColumns')
}

function storedField(field: StructField, mapped: boolean): StructField {
  return { ...field, name: storedName(field, mapped), type: storedType(field.type, mapped) }
}

/** Fields without values are left out at every depth. */
function storedType(type: DataType, mapped: boolean): DataType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      if (type.variant === true) return type
      return {
        ...type,
        fields: type.fields.filter(field => !isVoid(field.type)).map(field => storedField(field, mapped)),
      }
    case 'array':
      return { ...type, elementType: storedType(type.elementType, mapped) }
    case 'map':
      return { ...type, keyType: storedType(type.keyType, mapped), valueType: storedType(type.valueType, mapped) }
    default:
      return type
  }
}
