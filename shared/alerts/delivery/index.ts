/** Delivery of alerts to a webhook. */
export { deliverAlerts } from './deliverAlerts.js'
