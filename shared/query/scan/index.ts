/** A snapshot's files as a DuckDB view. */
export { type DeltaView, emptySelect, openDeltaView } from './deltaView.js'
export { FileCache } from './fileCache.js'
export { cleanCopy, cleanCopySql, copyFields } from './normalizedCopy.js'
export { copyToParquet, type ParquetCopy, publishFile } from './parquetCopy.js'
export { handRows, namedColumns, rowPlace } from './stagedRows.js'
