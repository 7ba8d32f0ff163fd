/**
 * A Delta Lake engine: reads what Spark writes, writes what everyone reads, keeps tables healthy. It needs a place for
 * objects ({@link openStore} of `storage`), and for conditions and constraints in SQL somebody who evaluates them
 * ({@link Expressions}); it knows nothing else of this project.
 *
 * ```ts
 * const table = new DeltaTable(await openStore('file:///data/lake/events'))
 * const schema = parseSchemaText('id BIGINT NOT NULL, kind STRING, at TIMESTAMP')
 * await table.commit(createTable({
 *   schema,
 *   configuration: { 'delta.enableDeletionVectors': 'true', 'delta.columnMapping.mode': 'name' },
 *   createdTime: Date.now(),
 * }))
 * await appendRows(table, [rowsOf(schema, [{ id: 1n, kind: 'start', at: 0n }, { id: 2n, kind: 'stop', at: 1_000_000n }])])
 * await alterTable(table, [{ kind: 'renameColumn', column: 'kind', name: 'event kind' }])
 * await deleteRows(table, { where: { op: '=', column: 'id', value: 1n } })
 * const snapshot = await table.snapshot()
 * if (snapshot !== undefined)
 *   for await (const { rows, columns: [ids] } of scanRows(table.store, snapshot).batches) console.log(rows, ids)
 * ```
 */
export { DeltaTable, type TableOptions } from './table/table.js'
export { createTable, type TableDefinition } from './table/createTable.js'
export { DeltaError, deltaErrorCodes, type DeltaErrorCode, type LogPlace } from './deltaError.js'

export type { Snapshot } from './snapshot/snapshot.js'
export type { TableState } from './protocol/tableState.js'
export type { HistoryEntry } from './log/history.js'
export type { DatedVersion, MomentOptions } from './snapshot/commitTimes.js'
export { scanRows, type RowScan, type ScanBatch, type ScanCounts, type ScanOptions } from './scan/scanRows.js'
export { readChanges, type ChangeBatch, type ChangeScan, type ChangesOptions, type ChangeType } from './changeDataFeed/changeDataFeed.js'
export type { Predicate } from './stats/fileSkipping.js'

export { appendRows, type AppendOptions } from './dml/appendRows.js'
export { overwriteRows, type OverwriteOptions } from './dml/overwriteRows.js'
export { deleteRows, type DeleteOptions } from './dml/deleteRows.js'
export { updateRows, type Assignment, type UpdateOptions } from './dml/updateRows.js'
export { mergeRows, type MergeOptions } from './dml/mergeRows.js'
export { restoreTable, type RestoreOptions, type RestoreTarget } from './dml/restoreTable.js'
export { alterTable } from './ddl/alterTable.js'
export type { ColumnPosition, NewColumn, TableChange } from './ddl/tableChange.js'
export { rowsOf, TableWriter, type TableWriterOptions } from './write/tableWriter.js'
export type { Rows, RowSource } from './write/rows.js'
export type { RepeatableRows } from './write/rowsToFiles.js'
export type { Condition, Expressions, SqlDialect } from './write/expressions.js'
export type { WriteMetrics, WriteOptions, WriteOutcome } from './write/writeOptions.js'

export { optimizeTable } from './maintenance/optimize.js'
export type { OptimizeMetrics, OptimizeOptions, OptimizeOutcome } from './maintenance/optimizeOptions.js'
export { vacuumTable, type VacuumOptions, type VacuumOutcome } from './maintenance/vacuum.js'
export { cleanLog, type LogCleanupOptions, type LogCleanupOutcome } from './maintenance/logCleanup.js'
export type { CheckpointOutcome } from './snapshot/writeCheckpoint.js'

export { compareSchemas, type SchemaChange } from './schema/schemaChange.js'
export { formatSchema, parseSchema, typeText } from './schema/schema.js'
export { parseColumnText, parseSchemaText, parseTypeText, type ColumnText } from './schema/schemaText.js'
export type { ColumnPath } from '../types/columnPath.js'
export { featureRows, type FeatureRow, type FeatureSupport } from './protocol/featureTable.js'
export { checkReadable, checkWritable, type FeatureCheck, type WriteKind } from './protocol/features.js'
export { conflictReasons, readsNothing, type CommitOutcome, type ConflictReason, type Reads, type Transaction } from './transaction/transaction.js'
export type { Action, AddFile, CdcFile, DeletionVector, DomainMetadata, Metadata, Protocol, RemoveFile, Txn } from './actions/actions.js'
