/** Rows, records and values for a terminal, a pipe or a file. */
export { type ColumnBatch, type RowSource, rowSourceOf } from './columnBatch.js'
export { indentedJson } from './indentedJson.js'
export { type Output, StreamOutput } from './output.js'
export { printRecords } from './printRecords.js'
export { printReports } from './printReports.js'
export { printRows } from './printRows.js'
export { ProgressBar } from './progressBar.js'
export { rowJson } from './valueText.js'
