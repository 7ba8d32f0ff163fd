/** Who is told of alerts: a webhook. */
export { tellAlerts } from './tellAlerts.js'
