/** Some columns and row groups of a file as a file of their own. */
export { type ExtractableFile, openExtractable } from './extractableFile.js'
export type { ExtractPlan } from './extractPlan.js'
