import { rankScores, type ScoredRows } from './ranking.js'

/**
 * Area under the ROC curve: how often an anomaly scores above a row that is none, equal scores counting a half.
 * @returns `undefined` where all rows are of one kind
 */
export function rocAuc(scored: ScoredRows): number | undefined {
  let [normal, anomalies, area] = [0, 0, 0]
  for (const tied of rankScores(scored)) {
    const others = tied.rows - tied.anomalies
    // Pairs with anomalies that scored higher, and those of the tie.
    area += others * (anomalies + tied.anomalies / 2)
    normal += others
    anomalies += tied.anomalies
  }
  return normal === 0 || anomalies === 0 ? undefined : area / (normal * anomalies)
}
