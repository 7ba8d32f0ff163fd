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

/** A setting of an operation: a float, a text, an integer (bigint), or many of one of them. */
export type OnnxAttribute = number | string | bigint | Float32Array | Int32Array | readonly string[]

/** One operation, e.g. `Gemm`, by the names of tensors it takes and gives. */
export interface OnnxNode {
  readonly operator: string
  /** `ai.onnx.ml` for classical models; ONNX's own set when absent. */
  readonly domain?: keyof typeof operatorSets | undefined
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>> | undefined
}

/** A computation: nodes in the order in which they run. */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxTensor[]
  readonly outputs: readonly OnnxTensor[]
  readonly constants: readonly OnnxConstant[]
  readonly nodes: readonly OnnxNode[]
}

// The format's version and those of its operators: old enough for every runtime, new enough for what is used here.
const irVersion = 8
const operatorSets = { '': 13, 'ai.onnx.ml': 3 } as const
const floatType = 1

/**
 * The bytes of a `.onnx` file (onnx.proto, ModelProto) for a graph. The same graph gives the same bytes,
 * so that their digest names it.
 *
 * @throws RangeError when a constant's values do not fill its shape
 */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const domains = new Set(['' as const, ...graph.nodes.map(node => node.domain ?? '')])
  return message(
    integer(1, irVersion),
    text(2, 'kafka-delta-functions'),
    bytes(7, encodeGraph(graph)),
    [...domains].map(domain => bytes(8, message(text(1, domain), integer(2, operatorSets[domain])))),
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

function encodeNode({ operator, domain, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array {
  return message(
    inputs.map(input => text(1, input)),
    outputs.map(output => text(2, output)),
    text(3, outputs.join(',')),
    text(4, operator),
    Object.entries(attributes).map(([name, value]) => bytes(5, message(text(1, name), encodeAttribute(value)))),
    domain === undefined ? [] : text(7, domain),
  )
}

/** The value's field and that of its type, by the numbers of AttributeProto. */
function encodeAttribute(value: OnnxAttribute): readonly Field[] {
  const type = (id: number) => integer(20, id)
  if (typeof value === 'number') return [float(2, value), type(1)]
  if (typeof value === 'bigint') return [integer(3, Number(value)), type(2)]
  if (typeof value === 'string') return [text(4, value), type(3)]
  if (value instanceof Float32Array) return [bytes(7, floats(value)), type(6)]
  if (value instanceof Int32Array) return [packed(8, value), type(7)]
  // Modes of nodes: very many texts, of which very few differ.
  const fields = new Map([...new Set(value)].map(one => [one, text(9, one)]))
  return [...value.map(one => fields.get(one) ?? text(9, one)), type(8)]
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
