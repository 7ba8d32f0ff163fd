/** Where a model comes from, and scoring with it. */
export { FolderModelSource, sha256 } from './folderModelSource.js'
export { encodeModelCard, type Feature, featureWidth, type ModelCard } from './modelCard.js'
export { ModelError } from './modelError.js'
export { openOnnxScorer } from './onnxScorer.js'
export type { Scorer } from './scorer.js'
export { starterModel } from './starterModel.js'
export { encodeValueRange, valueRangeTensors } from './valueRange.js'
