/** Silver to gold: scored and summarised. */
export { measureDrift } from './drift.js'
export { rebuildGold, rescoreGold, runGold, scoreSilver, summariseScored } from './goldStep.js'
export { trainedHours } from './modelReferences.js'
