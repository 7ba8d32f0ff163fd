/** Files out of the parts of others: some columns and row groups, or all with other pages. */
export { type ExtractableFile, openExtractable } from './extractableFile.js'
export type { ExtractPlan } from './extractPlan.js'
export { pagedFile } from './pagedFile.js'
