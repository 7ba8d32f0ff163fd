/** Rows that a model scored, and which of them are anomalies: 1, the others 0. */
export interface ScoredRows {
  readonly scores: ArrayLike<number>
  readonly anomalies: ArrayLike<number>
}

/** Rows with one and the same score. */
export interface TiedRows {
  readonly score: number
  readonly rows: number
  readonly anomalies: number
}

/** The rows from the highest score to the lowest, those with equal scores together. NaN comes last. */
export function rankScores({ scores, anomalies }: ScoredRows): readonly TiedRows[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i)
  const scoreOf = (row: number): number => {
    const score = scores[row] as number
    return Number.isNaN(score) ? -Infinity : score
  }
  order.sort((a, b) => scoreOf(b) - scoreOf(a) || a - b)
  const ranked: { score: number; rows: number; anomalies: number }[] = []
  for (const row of order) {
    const score = scoreOf(row)
    let last = ranked.at(-1)
    if (last?.score !== score) ranked.push((last = { score, rows: 0, anomalies: 0 }))
    last.rows++
    if (anomalies[row] === 1) last.anomalies++
  }
  return ranked
}
