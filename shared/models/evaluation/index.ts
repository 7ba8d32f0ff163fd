/** How good a model is on rows whose anomalies are known: figures and plots. */
export { precisionRecallSvg, scoreHistogramSvg } from './plots.js'
export { averagePrecision, precisionAt, precisionRecallCurve } from './precisionRecall.js'
export type { ScoredRows } from './ranking.js'
export { rocAuc } from './rocAuc.js'
