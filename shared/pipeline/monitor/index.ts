/** Freshness, lateness, lag, reconciliation. */
export { lastMemory, runMonitor } from './monitorStep.js'
