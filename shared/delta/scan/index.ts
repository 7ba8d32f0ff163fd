/** The rows of a snapshot. */
export {
  fieldsByName,
  type RowScan,
  type ScanBatch,
  type ScanCounts,
  type Scannable,
  type ScanOptions,
  scanRows,
} from './scanRows.js'
