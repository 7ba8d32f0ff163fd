/** Silver to gold: scored and summarised. */
export { rebuildGold, rescoreGold, runGold } from './goldStep.js'
