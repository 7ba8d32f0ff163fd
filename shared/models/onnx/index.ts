/** ONNX files: written, and scored with on a thread with limits. */
export { checkCard } from './checkCard.js'
export { encodeOnnx } from './onnxModel.js'
export { type ModelLimits } from './onnxRuntime.js'
export { openOnnxScorer } from './onnxScorer.js'
export { readOnnx } from './readOnnx.js'
export { readFields, readText } from './readProtobuf.js'
export type { Scorer } from './scorer.js'
