/** Runs of steps as run events of OpenLineage; loaded only where a server is set. */
export { lineageListener } from './lineageListener.js'
