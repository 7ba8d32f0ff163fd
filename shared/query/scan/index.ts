/** A snapshot's files as a DuckDB view. */
export { type DeltaView, emptySelect, openDeltaView } from './deltaView.js'
export { FileCache } from './fileCache.js'
export { normalizedCopy, normalizedCopySql, copyFields } from './normalizedCopy.js'
export { copyToParquet, type ParquetCopy, publishFile } from './parquetCopy.js'
export { stageRows, namedColumns, rowPlace } from './stagedRows.js'
