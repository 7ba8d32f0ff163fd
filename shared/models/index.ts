/** Where a model comes from, and scoring with it. */
export { encodeModelCard, type ModelCard, sha256 } from './card/index.js'
export { type Feature, featureWidth } from './features/index.js'
export { FolderModelSource } from './folder/index.js'
export { ModelError } from './modelError.js'
export { openOnnxScorer, type Scorer } from './onnx/index.js'
export { encodeValueRange, starterModel, valueRangeTensors } from './starter/index.js'
