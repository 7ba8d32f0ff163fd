/** How good a model is on rows whose anomalies are known: figures and plots. */
export { precisionRecallSvg, scoreHistogramSvg } from './plots.js'
export { precisionAt } from './precisionRecall.js'
export { rocAuc } from './rocAuc.js'
