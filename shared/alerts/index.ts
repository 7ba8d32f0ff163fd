/** Alerts on the lake: which there are, which fire, who is told. */
export { type AlertReport, readAlerts } from './readAlerts.js'
export type { FiringAlert } from './rules/index.js'
