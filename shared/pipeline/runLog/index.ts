/** cluster_logs: a row for every run. */
export { type Folded, foldRuns, runsAppId } from './foldRuns.js'
export { tablesOf } from './logTables.js'
export { asObject, newestEntry } from './newestEntry.js'
