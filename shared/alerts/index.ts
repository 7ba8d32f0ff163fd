/** Alerts on the lake: which there are, which fire, and their delivery. */
export { type AlertBoard, emptyBoard, readBoard } from './alertBoard.js'
export { type AlertReport, readAlerts } from './readAlerts.js'
export type { FiringAlert } from './rules/index.js'
export { watchAlerts } from './watchAlerts.js'
