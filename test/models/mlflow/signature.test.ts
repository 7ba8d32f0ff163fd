import { describe, expect, test } from 'vitest'

import type { Feature } from '../../../shared/models/index.js'
import { decodeMlModel, encodeMlModel } from '../../../shared/models/mlflow/mlmodelFile.js'
import { parseSignature, scoreSignature, type Signature } from '../../../shared/models/mlflow/signature.js'
import { signatureFeatures } from '../../../shared/models/mlflow/signatureFeatures.js'
import { offered } from './standIn.js'

const bytes = (text: string) => new TextEncoder().encode(text)

/** As mlflow 3.17.2 writes it, by yaml.safe_dump. */
const byPython = `artifact_path: mlflow-artifacts:/1/models/m-d2/artifacts
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.23.2
    providers:
    - CUDAExecutionProvider
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
    python_version: 3.11.7
metadata:
  threshold: 0.7
mlflow_version: 3.17.2
model_id: m-d2
run_id: 92481d6c
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "value", "required": true}, {"type": "float",
    "name": "event_type=a=b, it''s", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1,
    2]}}]'
  params: null
utc_time_created: '2026-11-29 09:21:28.272421'
`

const columns = (...names: readonly string[]) => scoreSignature(names)
const tensor = (dtype: string, ...shape: readonly number[]): Signature => ({
  inputs: { kind: 'tensors', tensors: [{ name: undefined, dtype, shape }] },
  outputs: undefined,
})
const features = (signature: Signature | undefined, fitted?: readonly Feature[]) =>
  signatureFeatures(signature, { declared: offered, fitted }, 'models:/m/3')

describe('an MLmodel file', () => {
  test('of Python is read, with lines folded inside quotes', async () => {
    expect(await decodeMlModel(bytes(byPython), 'MLmodel')).toEqual({
      onnxFile: 'model.onnx',
      signature: {
        inputs: {
          kind: 'columns',
          columns: [
            { name: 'value', type: 'double' },
            { name: "event_type=a=b, it's", type: 'float' },
          ],
        },
        outputs: { kind: 'tensors', tensors: [{ name: undefined, dtype: 'float32', shape: [-1, 2] }] },
      },
      inputExample: { path: 'input_example.json', orient: 'split' },
      metadata: { threshold: 0.7 },
      modelId: 'm-d2',
      runId: '92481d6c',
      createdAt: '2026-11-29T09:21:28.272Z',
    })
  })

  test('is read as it was written, whatever the names are', async () => {
    const signature = columns('value', 'event_type=yes', "event_type='", 'event_type=a: b', 'event_type=2025-01-01')
    const written = await encodeMlModel({
      modelId: 'm-1',
      runId: '1e5',
      artifactUri: 'mlflow-artifacts:/1',
      signature,
      size: 10,
      createdAt: Date.UTC(2025, 0, 2, 3, 4, 5, 678),
      hasInputExample: true,
      metadata: { stream: 'on' },
    })
    const read = await decodeMlModel(written, 'MLmodel')
    expect(read.signature).toEqual(signature)
    expect([read.runId, read.createdAt, read.metadata]).toEqual(['1e5', '2025-01-02T03:04:05.678Z', { stream: 'on' }])
    // Without quotes Python would take them for a number and for true.
    expect(new TextDecoder().decode(written)).toMatch(/run_id: "1e5"[^]*stream: "on"|stream: "on"[^]*run_id: "1e5"/)
  })

  test.each([
    ['- a list', 'has no flavors'],
    [
      'flavors: {sklearn: {}, python_function: {}}',
      'is a model of sklearn, and only ONNX is scored. Convert it (skl2onnx',
    ],
    ['a: [', 'is no YAML'],
    ['flavors: {onnx: {data: m.onnx}}\nsignature: {inputs: "[1"}', 'has a signature that cannot be read'],
    ['flavors: {onnx: {data: m.onnx}}\nsignature: {inputs: "[]"}', 'has a signature that cannot be read'],
  ])('%j is refused', async (text, why) => {
    await expect(decodeMlModel(bytes(text), 'MLmodel')).rejects.toThrow(why)
  })

  test('with aliases that grow without end is refused', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(',')}]`,
    )
    await expect(decodeMlModel(bytes(lines.join('\n')), 'MLmodel')).rejects.toThrow('is no YAML')
  })
})

describe('features by a signature of columns', () => {
  test('are found by their names, in the order of the input', () => {
    expect(features(columns('event_type=view', 'event_type=', 'log_value', 'event_type=click', 'value'))).toEqual([
      { name: 'event_type', column: 'event_type', kind: 'category', categories: ['view', ''] },
      { name: 'log_value', column: 'value', kind: 'log' },
      { name: 'event_type', column: 'event_type', kind: 'category', categories: ['click'] },
      { name: 'value', column: 'value', kind: 'numeric' },
    ])
  })

  test('doubles are taken, as floats', () => {
    const signature = parseSignature({ inputs: '[{"type": "double", "name": "value"}]' }, 'MLmodel')
    expect(features(signature)).toHaveLength(1)
  })

  test.each([
    [columns('price'), 'takes "price"; the stream\'s contract offers "value", "log_value", "event_type=<category>".'],
    [columns('event_type'), 'takes "event_type"'],
    [
      { inputs: { kind: 'columns', columns: [{ name: 'event_type', type: 'string' }] }, outputs: undefined },
      'takes "event_type" as string, and a model gets floats only',
    ],
  ] satisfies [Signature, string][])('%j is refused in one sentence', (signature, why) => {
    expect(() => features(signature)).toThrow(`models:/m/3 ${why}`)
  })
})

describe('features that a model brings along', () => {
  const fitted: readonly Feature[] = [
    { column: 'value', kind: 'numeric' },
    { name: 'rate', column: 'event_type', kind: 'rate', categories: ['a'], rates: [1] },
  ]

  test('count, when they are those of its signature', () => {
    expect(features(columns('value', 'rate'), fitted)).toBe(fitted)
    expect(features(undefined, fitted)).toBe(fitted)
    expect(features(tensor('float32', -1, 2), fitted)).toBe(fitted)
  })

  test.each([
    [columns('rate', 'value'), 'takes "rate" by its signature where its features have "value"'],
    [columns('value'), 'takes 1 columns by its signature and 2 by its features'],
    [tensor('float32', -1, 3), 'takes 3 numbers a row, and there are 2'],
  ])('%j against them is refused', (signature, why) => {
    expect(() => features(signature, fitted)).toThrow(why)
  })

  test('of a column that the stream does not have are refused', () => {
    expect(() => features(undefined, [{ column: 'price', kind: 'numeric' }])).toThrow('was trained on the column price')
  })

  test('are needed for rates, and where nothing has a name', () => {
    const rates = [{ name: 'rate', column: 'event_type', kind: 'rate', most: 10 }] as const
    expect(() => signatureFeatures(columns('rate'), { declared: rates }, 'm')).toThrow(
      'whose rates only its training knows',
    )
    expect(() => features(undefined)).toThrow('has no signature and no features')
    expect(() => features(tensor('float32', -1, 2))).toThrow('takes a tensor without names')
  })
})

describe('features by a tensor', () => {
  const scalars = offered.slice(0, 2)
  const ofTensor = (signature: Signature) => signatureFeatures(signature, { declared: scalars }, 'm')

  test('are those declared, when its width is theirs', () => {
    expect(ofTensor(tensor('float64', -1, 2)).map(({ name }) => name)).toEqual(['value', 'log_value'])
    expect(ofTensor(tensor('float32', -1, -1))).toHaveLength(2)
  })

  test.each([
    [tensor('float32', -1, 5), 'takes 5 numbers a row, and there are 2'],
    [tensor('int64', -1, 2), 'takes a tensor of int64'],
    [tensor('float32', -1, 2, 3), 'takes a tensor of shape (-1, 2, 3)'],
    [tensor('float32', 1, 2), 'takes a tensor of shape (1, 2)'],
  ])('%j is refused', (signature, why) => {
    expect(() => ofTensor(signature)).toThrow(why)
  })
})
