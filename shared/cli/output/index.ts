/** Rows, records and values for a terminal, a pipe or a file. */
export { alertColumns, alertRecords, alertText } from './alertText.js'
export { backfillText } from './backfillText.js'
export { type ColumnBatch, type RowSource, rowSourceOf } from './columnBatch.js'
export {
  costColumns,
  costRecords,
  costSummary,
  costText,
  shortCostColumns,
  tableCostColumns,
  tableCostRecords,
} from './costText.js'
export { type Format, formatOf } from './format.js'
export { indentedJson } from './indentedJson.js'
export { type Output, StreamOutput } from './output.js'
export { printRecords } from './printRecords.js'
export { printReports } from './printReports.js'
export { printRows } from './printRows.js'
export { ProgressBar } from './progressBar.js'
export { groupColumns, groupJson, outcomeColumns, outcomeRecords, recordJson, recordText } from './quarantineText.js'
export { statusColumns, statusRecords, statusText } from './statusText.js'
export { rowJson } from './valueText.js'
