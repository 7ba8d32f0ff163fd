/** Bronze to silver: validated, deduplicated, clustered. */
export { type Tally, tallyJson } from './counters.js'
export { isLate } from './lateEvents.js'
export { silverDerivation } from './refine.js'
export { acceptRows, loadValidRows } from './refineBatch.js'
export { rebuildSilver, refineSilver, runSilver } from './silverStep.js'
