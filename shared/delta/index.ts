/**
 * A Delta Lake engine: reads what Spark writes, writes what everyone reads, keeps tables healthy. It needs a place for
 * objects ({@link openStore} of `storage`), and for conditions and constraints in SQL an engine that evaluates them
 * ({@link Expressions}); it knows nothing else of this project.
 *
 * What changes rows is behind the door `dml/`, what parses and changes definitions behind `ddl/`, OPTIMIZE, VACUUM and
 * log clean-up behind `maintenance/`: a process that only appends or reads does not load them.
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
export type { ColumnPath } from '../types/index.js'
export {
  type Action,
  type AddFile,
  type CdcFile,
  decodeLogPath,
  type DeletionVector,
  type DomainMetadata,
  encodeAction,
  encodeCommit,
  encodeLogPath,
  locateData,
  type Metadata,
  type OpenFolder,
  parseLogJson,
  type Protocol,
  removedFile,
  type RemoveFile,
  resolveDataPath,
  sizeChanges,
  type Txn,
} from './actions/index.js'
export {
  type ChangeBatch,
  type ChangeScan,
  type ChangesOptions,
  type ChangeType,
  readChanges,
} from './changeDataFeed/index.js'
export { readCheckpointHint } from './checkpoint/index.js'
export {
  assignsRowIds,
  type DataFileLayout,
  discard,
  holdsPartitionColumns,
  keepsRowIds,
  newDataFileName,
  originReading,
  readDataFile,
  type RowFile,
  rowIdHighWaterMark,
  rowTrackingDomain,
  writeDataFile,
} from './dataFiles/index.js'
export {
  deletionVectorPath,
  encodeDeletionVector,
  inlineDeletionVector,
  readDeletionVector,
  RoaringBitmap,
} from './deletionVectors/index.js'
export { DeltaError, type DeltaErrorCode, deltaErrorCodes, type LogPlace } from './deltaError.js'
export {
  type Commit,
  commitInfoOf,
  commitPath,
  findTables,
  type HistoryEntry,
  listLog,
  parseLogName,
  readCommitFile,
} from './log/index.js'
export {
  checkReadable,
  checkWritable,
  compressionCodec,
  type FeatureCheck,
  type FeatureRow,
  featureRows,
  type FeatureSupport,
  featureTable,
  readerFeaturesOf,
  requireReadable,
  type TableState,
  tombstoneExpiry,
  type WriteKind,
  writerFeaturesOf,
} from './protocol/index.js'
export { rowObjects, type RowScan, type ScanBatch, type ScanCounts, type ScanOptions, scanRows } from './scan/index.js'
export {
  allFields,
  type ColumnLayout,
  columnLayout,
  compareSchemas,
  formatSchema,
  hasChars,
  isMapped,
  isVoid,
  parsePartitionValue,
  parseSchema,
  physicalNameOf,
  type SchemaChange,
  typeText,
} from './schema/index.js'
export {
  type DatedVersion,
  loadState,
  maxTipAgeMs,
  readSnapshot,
  type Snapshot,
  type TimeTravelOptions,
} from './snapshot/index.js'
export {
  collectStats,
  type ColumnStats,
  encodeStats,
  FileSkipper,
  type FileStats,
  filesThatMayMatch,
  liveRowCount,
  parseStats,
  planStats,
  type Predicate,
  predicateText,
  recordCount,
  type StatsColumn,
  type StatsShape,
} from './stats/index.js'
export {
  checkpointIfDue,
  type CheckpointOutcome,
  clusteringColumns,
  createTable,
  DeltaTable,
  draftOf,
  finishDraft,
  logicalPaths,
  storedPath,
  type TableDefinition,
  type TableOptions,
} from './table/index.js'
export {
  type CommitOutcome,
  type ConflictReason,
  conflictReasons,
  type Reads,
  readsNothing,
  type Transaction,
} from './transaction/index.js'
export type {
  Condition,
  Expressions,
  RepeatableRows,
  Rows,
  RowSource,
  SqlDialect,
  WriteMetrics,
  WriteOptions,
  WriteOutcome,
} from './write/index.js'
