/** What runs and the monitor say, as numbers: counted here, shown to Prometheus. */
export { type Attributes, type Measured, Metrics, type Point } from './metrics.js'
export { servePrometheus } from './prometheusServer.js'
export { measuringListener, messagingAttributes, type MessagingPlaces } from './runMetrics.js'
