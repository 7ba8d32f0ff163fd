/** How good a model is on rows whose anomalies are known: figures and plots. */
export { type Chart, chartSvg } from './chart.js'
export { precisionRecallSvg, scoreHistogramSvg } from './plots.js'
export { precisionAt } from './precisionRecall.js'
export { rocAuc } from './rocAuc.js'
