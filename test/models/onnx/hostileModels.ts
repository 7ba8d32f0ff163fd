import { encodeOnnx } from '../../../shared/models/onnx/onnxModel.js'
import { bytes, type Field, floats, integer, message, packed, text } from '../../../shared/models/onnx/protobuf.js'

/** Models whose cost depends on the row: harmless for small values, endless or huge for a feature above 1,000. */

const float32 = 1
const int64 = 7
const bool = 9

const tensor = (name: string, type: number, shape: readonly (number | string)[]) =>
  message(
    text(1, name),
    bytes(
      2,
      bytes(
        1,
        message(
          integer(1, type),
          bytes(2, message(shape.map(dim => bytes(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim))))),
        ),
      ),
    ),
  )

const constant = (name: string, shape: readonly number[], values: readonly number[]) =>
  message(packed(1, shape), integer(2, float32), text(8, name), bytes(9, floats(values)))

const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...attributes: readonly Field[]
) =>
  message(
    inputs.map(i => text(1, i)),
    outputs.map(o => text(2, o)),
    text(3, outputs.join()),
    text(4, operator),
    [...attributes],
  )

const intAttribute = (name: string, value: number) =>
  bytes(5, message(text(1, name), integer(3, value), integer(20, 2)))
const graphAttribute = (name: string, graph: Uint8Array) =>
  bytes(5, message(text(1, name), bytes(6, graph), integer(20, 5)))

interface GraphParts {
  readonly nodes: readonly Uint8Array[]
  readonly constants?: readonly Uint8Array[]
  readonly inputs: readonly Uint8Array[]
  readonly outputs: readonly Uint8Array[]
}

const graph = (name: string, { nodes, constants = [], inputs, outputs }: GraphParts) =>
  message(
    nodes.map(n => bytes(1, n)),
    text(2, name),
    constants.map(c => bytes(5, c)),
    inputs.map(i => bytes(11, i)),
    outputs.map(o => bytes(12, o)),
  )

const model = (parts: GraphParts) =>
  message(integer(1, 8), bytes(7, graph('hostile', parts)), bytes(8, message(text(1, ''), integer(2, 13))))

const rows = tensor('x', float32, ['n', 2])
const score = tensor('y', float32, ['n', 1])
const column = constant('column', [2, 1], [0.25, 0.5])

/** Scores `0.25 a + 0.5 b`; never ends once a feature is above 1,000. */
export function endlessModel(): Uint8Array {
  const body = graph('body', {
    nodes: [node('Identity', ['keep_on'], ['go_on']), node('Identity', ['before'], ['after'])],
    inputs: [tensor('i', int64, []), tensor('keep_on', bool, []), tensor('before', float32, ['n', 2])],
    outputs: [tensor('go_on', bool, []), tensor('after', float32, ['n', 2])],
  })
  return model({
    nodes: [
      node('ReduceMax', ['x'], ['greatest'], intAttribute('keepdims', 0)),
      node('Greater', ['greatest', 'limit'], ['endless']),
      node('Loop', ['', 'endless', 'x'], ['looped'], graphAttribute('body', body)),
      node('MatMul', ['looped', 'column'], ['y']),
    ],
    constants: [constant('limit', [], [1_000]), column],
    inputs: [rows],
    outputs: [score],
  })
}

/** Scores `0.25 a + 0.5 b`; takes as many megabytes as its greatest feature says. */
export function hugeModel(): Uint8Array {
  return model({
    nodes: [
      node('ReduceMax', ['x'], ['greatest'], intAttribute('keepdims', 1)),
      node('Mul', ['greatest', 'million'], ['bytes']),
      node('Cast', ['bytes'], ['bytes_whole'], intAttribute('to', int64)),
      node('Reshape', ['bytes_whole', 'one'], ['shape']),
      node('ConstantOfShape', ['shape'], ['zeros']),
      node('ReduceSum', ['zeros'], ['zero'], intAttribute('keepdims', 0)),
      node('MatMul', ['x', 'column'], ['raw']),
      node('Add', ['raw', 'zero'], ['y']),
    ],
    constants: [
      constant('million', [], [2 ** 18]),
      column,
      message(
        packed(1, [1]),
        integer(2, int64),
        text(8, 'one'),
        bytes(9, new Uint8Array(new BigInt64Array([1n]).buffer)),
      ),
    ],
    inputs: [rows],
    outputs: [score],
  })
}

/** The square root of how far the first of two features lies above a million; below it no score is a number. */
export function rootModel(): Uint8Array {
  return encodeOnnx({
    name: 'root',
    inputs: [{ name: 'features', shape: ['rows', 2] }],
    outputs: [{ name: 'score', shape: ['rows', 1] }],
    constants: [
      { name: 'select', shape: [2, 1], values: [1, 0] },
      { name: 'least', shape: [1], values: [1e6] },
      { name: 'half', shape: [1], values: [0.5] },
    ],
    nodes: [
      { operator: 'MatMul', inputs: ['features', 'select'], outputs: ['value'] },
      { operator: 'Sub', inputs: ['value', 'least'], outputs: ['above'] },
      { operator: 'Pow', inputs: ['above', 'half'], outputs: ['score'] },
    ],
  })
}
