/** Alerts as definitions, and what is made of them: queries, an evaluation, an index. Nothing here reads or writes. */
export type { Alert } from './alert.js'
export { alertColumns } from './alertColumns.js'
export { alertKql, thresholdsPlace } from './alertKql.js'
export { alerts } from './alerts.js'
export { alertSql } from './alertSql.js'
export { type AlertRows, evaluateAlerts, type FiringAlert, lookbackMinutes } from './evaluateAlerts.js'
export { timeColumn } from './signalRow.js'
export { settingName } from './thresholdOf.js'
