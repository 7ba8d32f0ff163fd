/** The numbers that a model takes of a row. */
export { type Feature, featureWidth } from './feature.js'
