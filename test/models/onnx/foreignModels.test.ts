import { describe, expect, test } from 'vitest'

import { modelDigest } from '../../../shared/models/card/digest.js'
import type { ModelCard } from '../../../shared/models/card/modelCard.js'
import type { ModelFiles } from '../../../shared/models/modelSource.js'
import { openOnnxScorer } from '../../../shared/models/onnx/onnxScorer.js'
import { bytes, type Field, floats, integer, message, packed, text } from '../../../shared/models/onnx/protobuf.js'
import { bindTensors, type OnnxTensorType } from '../../../shared/models/onnx/tensorBinding.js'

/** Models as other tools write them. */

const types = { float32: 1, int64: 7, float64: 11 } as const
type Shape = readonly (number | string)[]

const tensor = (name: string, type: keyof typeof types, shape: Shape) => {
  const dims = shape.map(dim => bytes(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)))
  return message(text(1, name), bytes(2, bytes(1, message(integer(1, types[type]), bytes(2, message(dims))))))
}

const node = (operator: string, inputs: readonly string[], outputs: readonly string[], ...attributes: Field[]) =>
  message(
    inputs.map(i => text(1, i)),
    outputs.map(o => text(2, o)),
    text(3, outputs.join()),
    text(4, operator),
    attributes,
  )

const intAttribute = (name: string, value: number) =>
  bytes(5, message(text(1, name), integer(3, value), integer(20, 2)))

const weights = [0.25, 0.5]
const inlineWeights = message(packed(1, [2, 1]), integer(2, types.float32), text(8, 'W'), bytes(9, floats(weights)))

function model(parts: {
  readonly inputs: readonly Field[]
  readonly outputs: readonly Field[]
  readonly nodes: readonly Field[]
  readonly constants?: readonly Field[]
}): Uint8Array {
  const graph = message(
    parts.nodes.map(n => bytes(1, n)),
    text(2, 'foreign'),
    (parts.constants ?? [inlineWeights]).map(c => bytes(5, c)),
    parts.inputs.map(i => bytes(11, i)),
    parts.outputs.map(o => bytes(12, o)),
  )
  return message(integer(1, 8), bytes(7, graph), bytes(8, message(text(1, ''), integer(2, 13))))
}

const features: ModelCard['features'] = [
  { column: 'a', kind: 'numeric' },
  { column: 'b', kind: 'numeric' },
]

function cardOf(change: Partial<ModelCard> = {}): ModelCard {
  return {
    name: 'm',
    version: '1',
    stream: 'events',
    features,
    createdAt: '2026-01-01T00:00:00Z',
    sha256: '',
    ...change,
  }
}

function filesOf(
  onnx: Uint8Array,
  external?: ReadonlyMap<string, Uint8Array>,
  change: Partial<ModelCard> = {},
): ModelFiles {
  return { onnx, external, card: cardOf({ sha256: modelDigest(onnx, external), ...change }) }
}

async function scoresOf(files: ModelFiles, rows: readonly (readonly number[])[]): Promise<readonly number[]> {
  const scorer = await openOnnxScorer(files)
  try {
    return [...(await scorer.score(Float32Array.from(rows.flat()), rows.length))]
  } finally {
    await scorer.close()
  }
}

const rows = [
  [4, 2],
  [-8, 100],
  [0, 0],
]
const expected = rows.map(([a = 0, b = 0]) => 0.25 * a + 0.5 * b)
const x = tensor('x', 'float32', ['n', 2])
const y = tensor('y', 'float32', ['n', 1])

describe('a model of another tool scores as it is', () => {
  test('with tensors in a file beside it', async () => {
    const entry = (key: string, value: string) => bytes(13, message(text(1, key), text(2, value)))
    const external = message(
      packed(1, [2, 1]),
      integer(2, types.float32),
      text(8, 'W'),
      entry('location', 'weights/W.bin'),
      entry('offset', '4'),
      entry('length', '8'),
      integer(14, 1),
    )
    const onnx = model({ inputs: [x], outputs: [y], nodes: [node('MatMul', ['x', 'W'], ['y'])], constants: [external] })
    const file = new Uint8Array([...floats([9]), ...floats(weights)])
    expect(await scoresOf(filesOf(onnx, new Map([['weights/W.bin', file]])), rows)).toEqual(expected)
    await expect(openOnnxScorer(filesOf(onnx))).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(/not a model that ONNX Runtime can load/) as string,
    })
  })

  test('with one input a column, by name and in any order', async () => {
    const onnx = model({
      inputs: [tensor('b', 'float32', ['n', 1]), tensor('a', 'float32', ['n', 1])],
      outputs: [y],
      nodes: [node('Concat', ['a', 'b'], ['x'], intAttribute('axis', 1)), node('MatMul', ['x', 'W'], ['y'])],
    })
    expect(await scoresOf(filesOf(onnx), rows)).toEqual(expected)
  })

  test('with 64-bit floats in and out', async () => {
    const onnx = model({
      inputs: [tensor('x', 'float64', ['n', 2])],
      outputs: [tensor('y', 'float64', ['n', 1])],
      nodes: [
        node('Cast', ['x'], ['x32'], intAttribute('to', types.float32)),
        node('MatMul', ['x32', 'W'], ['y32']),
        node('Cast', ['y32'], ['y'], intAttribute('to', types.float64)),
      ],
    })
    expect(await scoresOf(filesOf(onnx), rows)).toEqual(expected)
  })

  test('with a label beside the probabilities of two classes, of which the last is the score', async () => {
    const onnx = model({
      inputs: [x],
      outputs: [tensor('label', 'int64', ['n', 1]), tensor('probabilities', 'float32', ['n', 2])],
      nodes: [
        node('MatMul', ['x', 'W'], ['p']),
        node('Neg', ['p'], ['q']),
        node('Concat', ['q', 'p'], ['probabilities'], intAttribute('axis', 1)),
        node('Cast', ['p'], ['label'], intAttribute('to', types.int64)),
      ],
    })
    expect(await scoresOf(filesOf(onnx), rows)).toEqual(expected)
  })

  test('with scores without a second dimension', async () => {
    const onnx = model({
      inputs: [x],
      outputs: [tensor('y', 'float32', ['n'])],
      nodes: [node('MatMul', ['x', 'W'], ['column']), node('ReduceMean', ['column'], ['y'], ...axisOne)],
    })
    expect(await scoresOf(filesOf(onnx), rows)).toEqual(expected)
  })
})

const axisOne = [
  bytes(5, message(text(1, 'axes'), bytes(8, Uint8Array.of(1)), integer(20, 7))),
  intAttribute('keepdims', 0),
]

describe('the output that has the scores', () => {
  const float = (name: string): OnnxTensorType => ({ name, type: 'float32', shape: ['n', 1] })
  const label: OnnxTensorType = { name: 'label', type: 'int64', shape: ['n'] }
  const map: OnnxTensorType = { name: 'output_probability' }
  const input = [{ name: 'x', type: 'float32', shape: ['n', 2] }]
  const outputOf = (outputs: readonly OnnxTensorType[], card: Partial<ModelCard> = {}) =>
    bindTensors(cardOf(card), input, outputs).output

  test.each([
    ['the only floats', [label, float('anything')], 'anything'],
    ['probabilities before scores', [float('scores'), label, float('probabilities')], 'probabilities'],
    ['scores among others', [float('embedding'), float('scores')], 'scores'],
    ['variable', [float('other'), float('variable')], 'variable'],
  ])('is %s', (_, outputs, name) => {
    expect(outputOf(outputs)).toBe(name)
  })

  test('is the one that the card names, whatever others there are', () => {
    expect(outputOf([float('probabilities'), float('mine')], { output: 'mine' })).toBe('mine')
  })

  test.each([
    [
      'a map',
      [label, map],
      {},
      /output_probability is no tensor but a map or a list; export a classifier with zipmap=False/,
    ],
    ['a map that the card names', [float('y'), map], { output: map.name }, /zipmap=False/],
    ['a label alone', [label], {}, /gives label, none of them floats/],
    ['several without a usual name', [float('a'), float('b')], {}, /gives a, b; name the one with the scores/],
    ['none of the name', [float('a')], { output: 'b' }, /gives a, and its scores are to be in b/],
    ['a label that the card names', [label, float('a')], { output: 'label' }, /label is int64, not float32 or float64/],
  ] as const)('%s is refused with what to do', (_, outputs, card, message) => {
    expect(() => outputOf(outputs, card)).toThrow(message)
  })
})

describe('inputs', () => {
  const outputs = [{ name: 'y', type: 'float32', shape: ['n', 1] }]
  const bind = (inputs: readonly OnnxTensorType[], card: Partial<ModelCard> = {}) =>
    bindTensors(cardOf(card), inputs, outputs).inputs
  const column = (name: string, type = 'float32', shape: Shape = ['n', 1]): OnnxTensorType => ({ name, type, shape })

  test.each([
    [
      'a column that no feature is',
      [column('a'), column('c')],
      /takes a, c, one input a column, and its features make a, b/,
    ],
    ['one column too few', [column('a')], /input a has the shape \[n, 1\], and its features make 2 columns/],
    ['text', [column('a'), column('b', 'string')], /input b is string, not float32/],
    ['a fixed number of rows', [column('x', 'float32', [8, 2])], /takes 8 rows only/],
    ['three dimensions', [column('x', 'float32', ['n', 2, 1])], /shape \[n, 2, 1\]/],
  ] as const)('of %s are refused by name', (_, inputs, message) => {
    expect(() => bind(inputs)).toThrow(message)
  })

  test('of each column are found by the names of the matrix, categories too', () => {
    const card = { features: [{ name: 'kind', column: 'k', kind: 'category', categories: ['x', 'a=b'] }] } as const
    expect(bind([column('kind=a=b'), column('kind=x', 'float64', ['n'])], card)).toEqual([
      { name: 'kind=a=b', type: 'float32', from: 1, columns: 1, rank: 2 },
      { name: 'kind=x', type: 'float64', from: 0, columns: 1, rank: 1 },
    ])
  })
})
