/** Silver to gold: scored and summarised. */
export { rebuildGold, runGold } from './goldStep.js'
