/** The numbers that a model takes of a row. */
export { type Feature, featureNames, featureWidth, widthOf } from './feature.js'
export { type CategoryCounts, countedColumns, fitFeatures } from './fitting.js'
