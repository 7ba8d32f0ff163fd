/** Freshness, lateness, lag, reconciliation. */
export { lastMemory, runMonitor } from './monitorStep.js'
export type { Layer } from './reconciliation.js'
export type { Status } from './status.js'
