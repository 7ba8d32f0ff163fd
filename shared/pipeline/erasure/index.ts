/** Keys taken out of every layer of a stream for good. */
export { eraseKeys } from './eraseKeys.js'
export type { ErasureReport } from './erasureReport.js'
