/** How far data is from what a model was trained on. */
export { ColumnDrift } from './columnDrift.js'
export { type EventSpan, hoursOfPartOfDay } from './eventSpan.js'
export { type ColumnReference, describeColumn, type Reference } from './reference.js'
export { decodeReference, encodeReference } from './referenceFile.js'
