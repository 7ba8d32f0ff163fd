import { columnKey, parseColumnList, type StructField, type StructType } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { isOn } from '../protocol/index.js'
import { allFields, typeText } from '../schema/index.js'
import type { StatsShape } from '../stats/index.js'

/** What a table's schema, partition columns and properties may be together. */

/** Columns that a change data feed adds to a table's own. */
const changeColumns: ReadonlySet<string> = new Set(['_change_type', '_commit_version', '_commit_timestamp'])

/**
 * @throws DeltaError DELTA_BAD_SCHEMA for a column without a name, and for one that would be mistaken for one of the
 * change feed's
 */
export function checkColumnNames(schema: StructType, configuration: Readonly<Record<string, string>>): void {
  for (const { path, field } of allFields(schema)) if (field.name === '') throw bad(path, 'has no name')
  if (!isOn(configuration, 'delta.enableChangeDataFeed')) return
  for (const { name } of schema.fields)
    if (changeColumns.has(name.toLowerCase()))
      throw bad(
        [name],
        'has a name that the change data feed needs: rename it, or leave delta.enableChangeDataFeed off',
      )
}

/**
 * @throws DeltaError DELTA_BAD_SCHEMA for partition columns that are not there, are named twice, hold nested values or
 * are all there is
 */
export function checkPartitioning(schema: StructType, partitionColumns: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of partitionColumns) {
    const field = schema.fields.find(column => column.name === name)
    if (field === undefined) throw bad([name], 'is a partition column and not in the schema')
    if (seen.has(name)) throw bad([name], 'is a partition column twice')
    seen.add(name)
    if (!isPartitionable(field))
      throw bad([name], `is of type ${typeText(field.type)}, by which tables cannot be partitioned`)
  }
  if (partitionColumns.length > 0 && partitionColumns.length === schema.fields.length)
    throw new DeltaError('DELTA_BAD_SCHEMA', 'a table needs a column that is not a partition column')
}

/** @throws DeltaError DELTA_BAD_PROPERTY for columns in `delta.dataSkippingStatsColumns` that can have no statistics */
export function checkStatsColumns({ schema, partitionColumns, configuration }: StatsShape): void {
  const property = 'delta.dataSkippingStatsColumns'
  const value = configuration[property]
  if (value === undefined) return
  const seen = new Set<string>()
  for (const path of parseColumnList(value)) {
    const key = columnKey(path).toLowerCase()
    const why = seen.has(key)
      ? 'stands there twice'
      : partitionColumns.some(name => path.length === 1 && name.toLowerCase() === path[0]?.toLowerCase())
        ? 'is a partition column, which has no statistics'
        : undefined
    if (why !== undefined)
      throw new DeltaError('DELTA_BAD_PROPERTY', `${property} is ${JSON.stringify(value)}: ${columnKey(path)} ${why}`, {
        data: { property, value },
      })
    seen.add(key)
  }
  const known = new Set([...allFields(schema)].map(({ path }) => columnKey(path).toLowerCase()))
  if (![...seen].some(key => known.has(key)))
    throw new DeltaError(
      'DELTA_BAD_PROPERTY',
      `${property} is ${JSON.stringify(value)}; expected names of the table's columns`,
      { data: { property, value } },
    )
}

function isPartitionable({ type }: StructField): boolean {
  return type !== 'void' && (typeof type === 'string' || type.type === 'decimal')
}

function bad(path: readonly string[], what: string): DeltaError {
  const field = columnKey(path)
  return new DeltaError('DELTA_BAD_SCHEMA', `column ${JSON.stringify(field)} ${what}`, { data: { field } })
}
