/** Rows and records that a user brings, and the schema they imply. */
export { parseRecords } from './recordFile.js'
export { fromOption, openRowInput, requiredFrom, type RowInput } from './rowInput.js'
