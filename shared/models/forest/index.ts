/** Isolation forests: growing, scoring, as ONNX. */
export { decodeForest } from './decodeForest.js'
export { encodeForest, forestTensors, forestTensorTypes } from './encodeForest.js'
export type { Matrix } from './growTree.js'
export type { IsolationForest } from './isolationForest.js'
export { ForestWalk } from './scoreForest.js'
export { seededRandom } from './seededRandom.js'
export { defaultForestSize, type ForestOptions, trainForest } from './trainForest.js'
