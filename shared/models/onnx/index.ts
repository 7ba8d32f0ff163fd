/** ONNX files: written, and scored with on a thread with limits. */
export { encodeOnnx } from './onnxModel.js'
export { openOnnxScorer } from './onnxScorer.js'
export type { Scorer } from './scorer.js'
