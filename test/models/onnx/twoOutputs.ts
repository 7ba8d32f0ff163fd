import { encodeOnnx } from '../../../shared/models/onnx/onnxModel.js'

/** A model that gives a value as it is, and negated. */
export const twoOutputs = encodeOnnx({
  name: 'two_outputs',
  inputs: [{ name: 'in', shape: ['rows', 1] }],
  outputs: [
    { name: 'same', shape: ['rows', 1] },
    { name: 'negated', shape: ['rows', 1] },
  ],
  constants: [
    { name: 'one', shape: [1], values: [1] },
    { name: 'minus_one', shape: [1], values: [-1] },
  ],
  nodes: [
    { operator: 'Mul', inputs: ['in', 'one'], outputs: ['same'] },
    { operator: 'Mul', inputs: ['in', 'minus_one'], outputs: ['negated'] },
  ],
})
