/** DuckDB over Delta snapshots. */
export {
  DuckDbSession,
  identifier,
  literal,
  literalList,
  parquetFiles,
  QueryError,
  type RowStream,
  type ScalarExpression,
  type SessionOptions,
  sqlType,
  valueLiteral,
} from './duckdb/index.js'
export {
  copyFields,
  copyToParquet,
  type DeltaView,
  emptySelect,
  FileCache,
  normalizedCopy,
  normalizedCopySql,
  openDeltaView,
  type ParquetCopy,
  publishFile,
  stageRows,
} from './scan/index.js'
