/** Bronze to silver: validated, deduplicated, clustered. */
export { rebuildSilver, refineSilver, runSilver } from './silverStep.js'
