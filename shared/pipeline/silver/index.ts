/** Bronze to silver: validated, deduplicated, clustered. */
export { type DayCount, dayMicros } from './counters.js'
export { writeDayFiles } from './silverFiles.js'
export { rowsPerFile } from './silverOptions.js'
export { rebuildSilver, refineSilver, runSilver } from './silverStep.js'
