/** cluster_logs: a row for every run. */
export { type Folded, foldRuns, runsAppId } from './foldRuns.js'
export { newestEntry } from './newestEntry.js'
