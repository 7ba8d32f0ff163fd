import { rankScores, type ScoredRows } from './ranking.js'

/** What is found when every row that scores at least the threshold is called an anomaly. */
export interface PrecisionRecall {
  readonly threshold: number
  /** Share of the called rows that are anomalies. */
  readonly precision: number
  /** Share of the anomalies that are called. */
  readonly recall: number
}

/** A point for each score that occurs, from the highest on; none without anomalies. */
export function precisionRecallCurve(scored: ScoredRows): readonly PrecisionRecall[] {
  const ranked = rankScores(scored)
  const all = ranked.reduce((sum, tied) => sum + tied.anomalies, 0)
  if (all === 0) return []
  let [rows, found] = [0, 0]
  return ranked.map(tied => {
    rows += tied.rows
    found += tied.anomalies
    return { threshold: tied.score, precision: found / rows, recall: found / all }
  })
}

/** The curve's precision, weighted by the recall that each point gains. */
export function averagePrecision(curve: readonly PrecisionRecall[]): number {
  let recall = 0
  let sum = 0
  for (const point of curve) {
    sum += (point.recall - recall) * point.precision
    recall = point.recall
  }
  return sum
}

/**
 * Share of anomalies among that share of rows which scores highest, one row at least; of equal scores at the end of it as
 * many as are expected there.
 */
export function precisionAt(scored: ScoredRows, share: number): number {
  const wanted = Math.max(1, Math.round(scored.scores.length * share))
  let [left, found] = [wanted, 0]
  for (const tied of rankScores(scored)) {
    const taken = Math.min(left, tied.rows)
    found += (tied.anomalies * taken) / tied.rows
    left -= taken
    if (left === 0) break
  }
  return found / wanted
}
