/** What monitor_logs says of the lake now: a verdict a table, why, since when, and what repairs it. */
export { type MonitorEntry, monitorEntry, severityOf, statusOf } from './monitorEntry.js'
export { newestFiles } from './newestRows.js'
export { readStatus, statusOfRows } from './readStatus.js'
export type { Verdict } from './statusHistory.js'
export { faultsOf, type StatusReport, type TableStatus } from './statusReport.js'
export { undeclaredText } from './undeclaredEntry.js'
