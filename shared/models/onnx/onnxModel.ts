import { bytes, type Field, float, floats, integer, message, packed, text } from './protobuf.js'

/** A tensor of 32-bit floats that the graph takes or gives; a name for a length that differs from call to call. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

/** A tensor of 32-bit floats that is part of the model. */
export interface OnnxConstant {
  readonly name: string
  readonly shape: readonly number[]
  /** Row by row; as many as the shape says. */
  readonly values: readonly number[]
}

/** One operation of ONNX's own set, e.g. `Gemm`, by the names of tensors it takes and gives. */
export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes that are floats. */
  readonly attributes?: Readonly<Record<string, number>> | undefined
}

/** A computation: nodes in the order in which they run. */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxTensor[]
  readonly outputs: readonly OnnxTensor[]
  readonly constants: readonly OnnxConstant[]
  readonly nodes: readonly OnnxNode[]
}

// The format's version and that of its operators: old enough for every runtime, new enough for what is used here.
const irVersion = 8
const operatorSet = 13
const floatType = 1

/**
 * The bytes of a `.onnx` file (onnx.proto, ModelProto) for a graph. The same graph gives the same bytes,
 * so that their digest names it.
 *
 * @throws RangeError when a constant's values do not fill its shape
 */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  return message(
    integer(1, irVersion),
    text(2, 'kafka-delta-functions'),
    bytes(7, encodeGraph(graph)),
    bytes(8, message(text(1, ''), integer(2, operatorSet))),
  )
}

function encodeGraph({ name, inputs, outputs, constants, nodes }: OnnxGraph): Uint8Array {
  return message(
    nodes.map(node => bytes(1, encodeNode(node))),
    text(2, name),
    constants.map(constant => bytes(5, encodeConstant(constant))),
    inputs.map(tensor => bytes(11, encodeValueInfo(tensor))),
    outputs.map(tensor => bytes(12, encodeValueInfo(tensor))),
  )
}

function encodeNode({ operator, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array {
  const attribute = ([name, value]: [string, number]): Field =>
    bytes(5, message(text(1, name), float(2, value), integer(20, floatType)))
  return message(
    inputs.map(input => text(1, input)),
    outputs.map(output => text(2, output)),
    text(3, outputs.join(',')),
    text(4, operator),
    Object.entries(attributes).map(attribute),
  )
}

function encodeConstant({ name, shape, values }: OnnxConstant): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1)
  if (values.length !== size) {
    throw new RangeError(`constant ${name} has ${String(values.length)} values and a shape for ${String(size)}`)
  }
  return message(packed(1, shape), integer(2, floatType), text(8, name), bytes(9, floats(values)))
}

function encodeValueInfo({ name, shape }: OnnxTensor): Uint8Array {
  const dimensions = shape.map(length => bytes(1, typeof length === 'number' ? integer(1, length) : text(2, length)))
  const tensorType = message(integer(1, floatType), bytes(2, message(dimensions)))
  return message(text(1, name), bytes(2, bytes(1, tensorType)))
}
