/** Where the model of a stream is, and how it gets there. */
export { installFirstModel } from './firstModel.js'
export { type ModelPlace, modelPlace } from './modelPlace.js'
export { type ModelFault, type ModelStatus, readModelStatus, recordScoring } from './modelStatus.js'
export { openRegistryOnce } from './openRegistry.js'
export { openStreamModel, type StreamScorer } from './openStreamModel.js'
export { refreshModel, refreshModels } from './refreshModels.js'
