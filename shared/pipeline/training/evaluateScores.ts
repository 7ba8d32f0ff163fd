import { precisionAt, rocAuc } from '../../models/evaluation/index.js'
import { type AnomalyKind, anomalyKinds } from './injectedAnomalies.js'

/** How well scores tell the injected anomalies from the usual rows. */
export interface Evaluation {
  /** Area under the ROC curve. */
  readonly auc: number
  /** Share of anomalies among the percent of rows that score highest. */
  readonly precisionAt1: number
  /** The area with the anomalies of one kind only. */
  readonly aucByKind: Readonly<Partial<Record<AnomalyKind, number>>>
}

/** @param anomalies per row the number of its kind, 0 for a usual one */
export function evaluateScores(scores: Float32Array, anomalies: Uint8Array): Evaluation {
  const isAnomaly = anomalies.map(kind => (kind === 0 ? 0 : 1))
  const aucByKind: Partial<Record<AnomalyKind, number>> = {}
  for (const [i, kind] of anomalyKinds.entries()) {
    const rows = [...anomalies.keys()].filter(row => anomalies[row] === 0 || anomalies[row] === i + 1)
    const area = rocAuc({
      scores: Float32Array.from(rows, row => scores[row] as number),
      anomalies: Uint8Array.from(rows, row => isAnomaly[row] as number),
    })
    if (area !== undefined) aucByKind[kind] = area
  }
  return {
    auc: rocAuc({ scores, anomalies: isAnomaly }) ?? 0.5,
    precisionAt1: precisionAt({ scores, anomalies: isAnomaly }, 0.01),
    aucByKind,
  }
}
