/** Models made ready to score, each by what is fastest for it. */
export { openScorer } from './openScorer.js'
