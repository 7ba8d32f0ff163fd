/** Bronze to silver: validated, deduplicated, clustered. */
export { type Tally, tallyJson } from './counters.js'
export { isLate } from './lateEvents.js'
export { acceptRows, loadValidRows } from './refineBatch.js'
export { silverDerivation } from './silverDerivation.js'
export { rebuildSilver, refineSilver, runSilver } from './silverStep.js'
