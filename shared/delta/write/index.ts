/** Rows to data files, with constraints and partitions. */
export { ChangeFileWriter } from './changeFileWriter.js'
export { conformRows } from './conformRows.js'
export { type MarkedFile, writeDeletionVectors, writesDeletionVectors } from './deletionVectorWriter.js'
export type { Condition, Expressions, SqlDialect } from './expressions.js'
export { type Plan, planAndCommit } from './planAndCommit.js'
export { decodedRows, type Rows, type RowSource, type StoredRows } from './rows.js'
export {
  mergedSchema,
  type RepeatableRows,
  RowsConsumed,
  type SourceFiles,
  type SourceFilesOptions,
  SourceWriting,
} from './rowsToFiles.js'
export { rowText } from './rowText.js'
export { refersTo } from './sqlColumns.js'
export { rowsOf, TableWriter, writtenFeatures } from './tableWriter.js'
export type { WriteMetrics, WriteOptions, WriteOutcome } from './writeOptions.js'
