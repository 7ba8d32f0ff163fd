/** One incremental step for every derived table: what it reads, what it makes of it, and the commit that says both. */
export { sourceColumns, withCarriedColumns } from './carriedColumns.js'
export { chunks } from './chunks.js'
export { commitRows } from './commitRows.js'
export { type Cursor, cursorTxns, hasCursor, movesCursor, readCursor } from './cursor.js'
export { dayFilesOf, eventDate, lookupRowGroupRows, timeBetween, writeDayFiles } from './dayFiles.js'
export { type DayCount, dayCount, dayOf, eventDay, partitionDay } from './days.js'
export type { AllRows, Batch, Derivation, NewRows, Whole } from './derivation.js'
export { planMicroBatch } from './microBatch.js'
export { type OpenedTable, openTable } from './openTable.js'
export { recordCount, rowsIn } from './recordCount.js'
export { rebuildTable, refresh } from './refresh.js'
export { maxRowsOf, type RefreshOptions, rowsPerFile } from './refreshOptions.js'
export { columnsOf } from './rowColumns.js'
export {
  nextRowLoss,
  type RowLoss,
  rowLossAppId,
  rowLossesOf,
  rowLossJson,
  rowLossOf,
  validLostOf,
  validLostTxn,
} from './rowLoss.js'
export { SessionTable } from './sessionTable.js'
export { snapshotOf } from './snapshotOf.js'
