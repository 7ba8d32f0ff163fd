/** Data files: layout, rows, row tracking. */
export { dataBytes, isStrings, joinedData, joinedStored, pickedData } from './columnData.js'
export { type DataFileLayout, type PartitionTexts, writeDataFile } from './dataFile.js'
export { newDataFileName } from './dataFileName.js'
export {
  type FileRowsOptions,
  readDataFile,
  readStoredFile,
  type RowBatch,
  type RowFile,
  type StoredBatch,
} from './dataFileRows.js'
export { discard, type WrittenFile } from './orphanedFiles.js'
export { dataFileLayout, holdsPartitionColumns, type PhysicalLayout, physicalLayout } from './physicalLayout.js'
export { allExcept, onlyThese, type RowChoice } from './rowChoice.js'
export { copiedRowGroupBytes, rowGroupBytes, rowGroupRows } from './rowGroupSize.js'
export { type OriginReading, originReading, type RowOrigins } from './rowOrigins.js'
export {
  assignsRowIds,
  keepsRowIds,
  type RowIdColumns,
  rowIdColumns,
  rowIdHighWaterMark,
  rowTrackingDomain,
  withRowIds,
} from './rowTracking.js'
export { StreamedFile, type StreamedFileOptions } from './streamedFile.js'
export { targetFileSizeOf } from './targetFileSize.js'
