/** What monitor_logs says of the lake now: a verdict a table, why, since when, and what repairs it. */
export { readStatus } from './readStatus.js'
export { faultsOf, type StatusReport, type TableStatus } from './statusReport.js'
