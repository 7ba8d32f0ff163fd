import type { ModelCard } from '../card/index.js'
import { featureNames } from '../features/index.js'
import { mismatch } from './mismatch.js'

/** A tensor that a model takes or gives; type and shape are absent where it is something else, such as a map. */
export interface OnnxTensorType {
  readonly name: string
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

/** The floats that ONNX Runtime takes and gives. */
export type FloatType = 'float32' | 'float64'

/** An input of a model, and the columns of the matrix that go into it. */
export interface BoundInput {
  readonly name: string
  readonly type: FloatType
  /** The first column, and how many. */
  readonly from: number
  readonly columns: number
  /** 1 when a single column goes in without a second dimension. */
  readonly rank: 1 | 2
}

/** How the matrix goes into a model, and where its scores come out. */
export interface TensorBinding {
  readonly inputs: readonly BoundInput[]
  readonly output: string
}

/**
 * Matches what a model takes and gives with its features: one tensor of all columns, or one of each by its name.
 *
 * @throws ModelError MODEL_MISMATCH saying what does not fit and how to export the model so that it does
 */
export function bindTensors(
  card: ModelCard,
  inputs: readonly OnnxTensorType[],
  outputs: readonly OnnxTensorType[],
): TensorBinding {
  return { inputs: bindInputs(card, inputs), output: scoresOf(card, outputs).name }
}

function bindInputs(card: ModelCard, inputs: readonly OnnxTensorType[]): readonly BoundInput[] {
  const wanted = featureNames(card.features)
  const [only] = inputs
  if (inputs.length !== 1 || only === undefined) return bindColumns(card, inputs, wanted)
  if (card.input !== undefined && only.name !== card.input)
    throw mismatch(card, `it takes ${namesOf(inputs)}, and its model.json says ${card.input} alone`)
  const { type, shape } = floatsOf(card, only, 'input')
  const [rows, columns] = shape
  if (shape.length === 1 && wanted.length === 1) {
    checkRows(card, only.name, rows)
    return [{ name: only.name, type, from: 0, columns: 1, rank: 1 }]
  }
  if (shape.length !== 2 || (typeof columns === 'number' && columns >= 0 && columns !== wanted.length)) {
    const width = String(wanted.length)
    throw mismatch(
      card,
      `its input ${only.name} has the shape [${shape.join(', ')}], and its features make ${width} columns`,
    )
  }
  checkRows(card, only.name, rows)
  return [{ name: only.name, type, from: 0, columns: wanted.length, rank: 2 }]
}

function bindColumns(
  card: ModelCard,
  inputs: readonly OnnxTensorType[],
  wanted: readonly string[],
): readonly BoundInput[] {
  if (card.input !== undefined)
    throw mismatch(card, `it takes ${namesOf(inputs)}, and its model.json says ${card.input} alone`)
  const missing = wanted.filter(name => !inputs.some(input => input.name === name))
  const unknown = inputs.filter(({ name }) => !wanted.includes(name))
  if (missing.length > 0 || unknown.length > 0) {
    throw mismatch(card, `it takes ${namesOf(inputs)}, one input a column, and its features make ${wanted.join(', ')}`)
  }
  return inputs.map(input => {
    const { type, shape } = floatsOf(card, input, 'input')
    const [rows, columns = 1] = shape
    if (shape.length === 0 || shape.length > 2 || (typeof columns === 'number' && columns > 1))
      throw mismatch(card, `its input ${input.name} has the shape [${shape.join(', ')}], and one column goes in`)
    checkRows(card, input.name, rows)
    return { name: input.name, type, from: wanted.indexOf(input.name), columns: 1, rank: shape.length === 1 ? 1 : 2 }
  })
}

function checkRows(card: ModelCard, input: string, rows: number | string | undefined): void {
  if (typeof rows === 'number' && rows >= 0)
    throw mismatch(card, `its input ${input} takes ${String(rows)} rows only; export it with a free first dimension`)
}

/** Names that converters give the scores, the surest first. */
const usualOutputs = ['probabilities', 'scores', 'score', 'variable']

function scoresOf(card: ModelCard, outputs: readonly OnnxTensorType[]): OnnxTensorType {
  if (card.output !== undefined) {
    const named = outputs.find(({ name }) => name === card.output)
    if (named === undefined)
      throw mismatch(card, `it gives ${namesOf(outputs)}, and its scores are to be in ${card.output}`)
    floatsOf(card, named, 'output')
    return named
  }
  const floats = outputs.filter(({ type, shape }) => shape !== undefined && isFloat(type))
  const [only] = floats
  const usual = usualOutputs.flatMap(name => floats.filter(output => output.name === name))
  const found = floats.length === 1 ? only : usual[0]
  if (found !== undefined) return found
  const map = outputs.find(({ shape }) => shape === undefined)
  if (map !== undefined) floatsOf(card, map, 'output')
  throw mismatch(
    card,
    floats.length === 0
      ? `it gives ${namesOf(outputs)}, none of them floats: no score`
      : `it gives ${namesOf(outputs)}; name the one with the scores as the model's output in the stream's declaration`,
  )
}

function floatsOf(
  card: ModelCard,
  { name, type, shape }: OnnxTensorType,
  what: 'input' | 'output',
): { readonly type: FloatType; readonly shape: readonly (number | string)[] } {
  if (shape === undefined) {
    throw mismatch(
      card,
      `its ${what} ${name} is no tensor but a map or a list; export a classifier with zipmap=False (skl2onnx: options={id(model): {'zipmap': False}})`,
    )
  }
  if (!isFloat(type)) throw mismatch(card, `its ${what} ${name} is ${type ?? 'of no type'}, not float32 or float64`)
  return { type, shape }
}

function isFloat(type: string | undefined): type is FloatType {
  return type === 'float32' || type === 'float64'
}

function namesOf(tensors: readonly OnnxTensorType[]): string {
  return tensors.length === 0 ? 'nothing' : tensors.map(({ name }) => name).join(', ')
}
