import { randomUUID } from 'node:crypto'
import type { StructType } from '../parquet/dataType.js'
import type { Action, Protocol } from './actions.js'
import { protocolFor } from './protocolNeeds.js'
import { checkNewColumnNames, formatSchema } from './schema.js'
import { readsNothing, type Transaction } from './transaction.js'

/** A table to be made. */
export interface TableDefinition {
  readonly schema: StructType
  readonly partitionColumns?: readonly string[] | undefined
  /** Table properties, e.g. `delta.logRetentionDuration`. */
  readonly configuration?: Readonly<Record<string, string>> | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** The lowest one that the schema allows when absent. */
  readonly protocol?: Protocol | undefined
  /** Milliseconds since 1970. */
  readonly createdTime: number
  /** What the first version holds besides: files, transactions. */
  readonly actions?: readonly Action[] | undefined
}

/**
 * The transaction that makes a table, for {@link DeltaTable.commit}. When there is one already, it is the conflict
 * `tableExists`. Every call makes another table: its id is new.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA for column names that other engines refuse
 * @example await table.commit(createTable({ schema, partitionColumns: ['day'], createdTime: clock.now() }))
 */
export function createTable(definition: TableDefinition): Transaction {
  const { schema, partitionColumns = [], configuration = {}, name, description, createdTime } = definition
  checkNewColumnNames(schema)
  return {
    readVersion: -1,
    actions: [
      { protocol: definition.protocol ?? protocolFor(schema) },
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
      ...(definition.actions ?? []),
    ],
    operation: 'CREATE TABLE',
    operationParameters: {
      partitionBy: JSON.stringify(partitionColumns),
      properties: JSON.stringify(configuration),
      description: description ?? null,
      isManaged: 'false',
    },
    isBlindAppend: true,
    reads: readsNothing,
  }
}
