/** A snapshot's files as a DuckDB view. */
export { countFetched, type DeltaView, emptySelect, openDeltaView } from './deltaView.js'
export { FileCache } from './fileCache.js'
export { FetchCounts, type Narrowing } from './narrowing.js'
export { copyFields, normalizedCopy, normalizedCopySql } from './normalizedCopy.js'
export { copyToParquet, type ParquetCopy, publishFile } from './parquetCopy.js'
export { namedColumns, rowPlace, stageRows } from './stagedRows.js'
export type { ViewSource } from './viewSource.js'
