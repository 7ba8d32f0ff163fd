/** How far data is from what a model was trained on. */
export { ColumnDrift, type Drift } from './columnDrift.js'
export { defaultPsiLimit, type PsiLimit } from './distances.js'
export { type ColumnReference, describeColumn, type Reference } from './reference.js'
export { decodeReference, encodeReference } from './referenceFile.js'
