/** Keys taken out of every layer of a stream for good. */
export { eraseKeys } from './eraseKeys.js'
export type { ErasedTable, ErasureReport } from './erasureReport.js'
