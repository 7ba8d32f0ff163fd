/** The rows of a snapshot. */
export { rowObjects } from './rowObjects.js'
export {
  fieldsByName,
  type RowScan,
  type ScanBatch,
  type ScanCounts,
  type Scannable,
  type ScanOptions,
  scanRows,
} from './scanRows.js'
