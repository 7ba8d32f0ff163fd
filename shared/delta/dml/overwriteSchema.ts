import type { StructField, StructType } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { checkNewColumnNames, isMapped, mapFields, withoutMapping } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { checkPartitioning } from '../table/index.js'
import type { StoredRows } from '../write/index.js'

/**
 * The rows' own schema, with nothing of what the table's columns were.
 *
 * @throws DeltaError DELTA_BAD_ROWS for rows without columns; DELTA_BAD_SCHEMA for names or a partitioning that a table
 * cannot have
 */
export function newSchema(
  { configuration, partitionColumns: before }: Snapshot['metadata'],
  { columns }: StoredRows,
  partitionColumns: readonly string[] | undefined,
  where: LogPlace,
): StructType {
  const given: StructType = { type: 'struct', fields: columns.map(({ field }) => field) }
  const schema = mapFields(withoutMapping(given), withoutHistory)
  if (schema.fields.length === 0)
    throw new DeltaError('DELTA_BAD_ROWS', 'the rows have no columns to make a table of', { where })
  if (!isMapped(configuration)) checkNewColumnNames(schema)
  checkPartitioning(schema, partitionColumns ?? before)
  return schema
}

/** A field without earlier types: no file of the new schema has them. */
function withoutHistory(field: StructField): StructField {
  const { 'delta.typeChanges': history, ...metadata } = field.metadata ?? {}
  return history === undefined ? field : { ...field, metadata }
}
