/** The inputs of a model, out of a stream's columns: the same for training and for scoring. */
export { featureColumns, FeatureMatrix } from './featureMatrix.js'
export { fitTable } from './fitTable.js'
export { fits, requireFeatures } from './requireFeatures.js'
