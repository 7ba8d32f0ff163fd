/** Where a model comes from, and scoring with it. */
export { encodeModelCard, type ModelCard, modelDigest, sha256 } from './card/index.js'
export {
  type CategoryCounts,
  countedColumns,
  type Feature,
  featureNames,
  featureWidth,
  fitFeatures,
  widthOf,
} from './features/index.js'
export { cardFile, FolderModelSource, ModelVersions, onnxFile } from './folder/index.js'
export { isRuntimeStart, ModelError } from './modelError.js'
export type { Champion, ModelFiles, ModelSource } from './modelSource.js'
export { openOnnxScorer, type Scorer } from './onnx/index.js'
export { encodeValueRange, starterModel, valueRangeTensors } from './starter/index.js'
