import { randomUUID } from 'node:crypto'

import { type ColumnPath, parseColumnPath, quotedColumn, type StructType } from '../../types/index.js'
import type { Action, Protocol } from '../actions/index.js'
import {
  checkTogether,
  featuresOf,
  keptFeatures,
  protocolFor,
  protocolForChange,
  readProperties,
} from '../protocol/index.js'
import { assignMapping, checkNewColumnNames, formatSchema, isMapped, withoutMapping } from '../schema/index.js'
import { readsNothing, type Transaction } from '../transaction/index.js'
import { checkClustering, clusteringAction, setClusteringInstead } from './clusteringColumns.js'
import { checkColumnNames, checkPartitioning, checkStatsColumns } from './tableSpecRules.js'

/** A table to be created. */
export interface TableDefinition {
  readonly schema: StructType
  readonly partitionColumns?: readonly string[] | undefined
  /**
   * Table properties, e.g. `delta.logRetentionDuration`; features are turned on by theirs (`delta.enableDeletionVectors`)
   * or by name (`delta.feature.vacuumProtocolCheck` = `supported`).
   */
  readonly configuration?: Readonly<Record<string, string>> | undefined
  /** Columns along which maintenance sorts rows; makes it a table with the clustering feature. Not with partitions. */
  readonly clusterBy?: readonly ColumnPath[] | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** At least this; the lowest one that schema and properties allow when absent. */
  readonly protocol?: Protocol | undefined
  /** Milliseconds since 1970. */
  readonly createdTime: number
  /** What the first version holds besides: files, transactions. */
  readonly actions?: readonly Action[] | undefined
}

/**
 * The transaction that makes a table, for {@link DeltaTable.commit}. When there is one already, it is the conflict
 * `tableExists`. Every call makes another table: its id is new, and so are the physical names under column mapping.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA for column names that other engines refuse, and for partition or clustering
 * columns that cannot be; DELTA_BAD_PROPERTY for a property that is not known or invalid; DELTA_UNSUPPORTED_FEATURE for
 * a feature asked for by name that is not known
 * @example await table.commit(createTable({ schema, partitionColumns: ['day'], createdTime: clock.now() }))
 * @example
 * await table.commit(createTable({
 *   schema, createdTime: clock.now(), clusterBy: ['event_type'],
 *   configuration: { 'delta.enableDeletionVectors': 'true', 'delta.columnMapping.mode': 'name' },
 * }))
 */
export function createTable(definition: TableDefinition): Transaction {
  const { partitionColumns = [], name, description, createdTime, clusterBy } = definition
  const given = readProperties(definition.configuration ?? {})
  checkTogether(given.configuration)
  if (given.features.some(feature => feature.toLowerCase() === 'clustering')) throw setClusteringInstead('clusterBy')
  if (!isMapped(given.configuration)) checkNewColumnNames(definition.schema)
  const mapped = assignMapping(
    isMapped(given.configuration) ? definition.schema : withoutMapping(definition.schema),
    given.configuration,
  )
  const { schema } = mapped
  checkColumnNames(schema, mapped.configuration)
  checkPartitioning(schema, partitionColumns)
  const shape = { schema, partitionColumns, configuration: mapped.configuration }
  checkStatsColumns(shape)
  const clustering = clusterBy?.map(parseColumnPath)
  if (clustering !== undefined) checkClustering(shape, clustering)
  const asked = clustering === undefined ? given : { ...given, features: [...given.features, 'clustering'] }
  const protocol =
    definition.protocol === undefined
      ? protocolFor(schema, mapped.configuration, asked)
      : protocolForChange(definition.protocol, schema, mapped.configuration, asked)
  const configuration = featuresOf(protocol).has('rowTracking')
    ? withRowIdColumns(mapped.configuration)
    : mapped.configuration
  return {
    readVersion: -1,
    actions: [
      { protocol },
      {
        metaData: {
          id: randomUUID(),
          name,
          description,
          format: { provider: 'parquet', options: {} },
          schemaString: formatSchema(schema),
          partitionColumns,
          configuration,
          createdTime,
        },
      },
      ...(clustering === undefined ? [] : [clusteringAction(schema, clustering)]),
      ...(definition.actions ?? []),
    ],
    operation: 'CREATE TABLE',
    operationParameters: {
      partitionBy: JSON.stringify(partitionColumns),
      clusterBy: JSON.stringify((clustering ?? []).map(quotedColumn)),
      properties: JSON.stringify(configuration),
      description: description ?? null,
      isManaged: 'false',
    },
    isBlindAppend: true,
    reads: readsNothing,
    ...(definition.actions?.some(action => 'add' in action) === true ? {} : { keeps: keptFeatures }),
  }
}

/** The properties with the names of the columns in which data files keep the ids of rows that were moved. */
export function withRowIdColumns(configuration: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    'delta.rowTracking.materializedRowIdColumnName': `_row-id-col-${randomUUID()}`,
    'delta.rowTracking.materializedRowCommitVersionColumnName': `_row-commit-version-col-${randomUUID()}`,
    ...configuration,
  }
}
