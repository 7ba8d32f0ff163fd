import type { NamedFeature } from '../../contract/index.js'
import { type Feature, featureNames, featureWidth } from '../features/index.js'
import { ModelError } from '../modelError.js'
import type { Signature, SignatureColumn, SignatureTensor } from './signature.js'

/** What a model's input is held against. */
export interface OfferedFeatures {
  /** As the stream declares them. */
  readonly declared: readonly NamedFeature[]
  /** As a training fitted them, where the model brings that along. */
  readonly fitted?: readonly Feature[] | undefined
}

/**
 * The features that a model takes, in the order of its input: the columns of its signature found by their names among
 * what the stream declares, or what the model itself brings along, held against its signature.
 *
 * @param model what to call it in a message
 * @throws ModelError MODEL_MISMATCH in one sentence that says what the contract offers
 */
export function signatureFeatures(
  signature: Signature | undefined,
  offered: OfferedFeatures,
  model: string,
): readonly Feature[] {
  const { declared, fitted } = offered
  const refuse = (why: string) => mismatch(model, why, declared)
  for (const feature of fitted ?? []) {
    if (!declared.some(({ column }) => column === feature.column))
      throw refuse(`was trained on the column ${feature.column}`)
  }
  if (signature === undefined) {
    if (fitted !== undefined) return fitted
    throw refuse('has no signature and no features (log it with signature=infer_signature(…))')
  }
  const { inputs } = signature
  if (inputs.kind === 'tensors') return ofTensor(inputs.tensors, offered, refuse)
  const wrong = inputs.columns.find(({ type }) => type !== 'float' && type !== 'double')
  if (wrong !== undefined) throw refuse(`takes "${wrong.name}" as ${wrong.type}, and a model gets floats only`)
  return fitted === undefined ? byName(inputs.columns, declared, refuse) : held(inputs.columns, fitted, refuse)
}

type Refuse = (why: string) => ModelError

/** The fitted features must be the signature's columns, one for one. */
function held(columns: readonly SignatureColumn[], fitted: readonly Feature[], refuse: Refuse): readonly Feature[] {
  const names = featureNames(fitted)
  if (columns.length !== names.length)
    throw refuse(`takes ${columns.length} columns by its signature and ${names.length} by its features`)
  const at = columns.findIndex(({ name }, i) => name !== names[i])
  if (at >= 0)
    throw refuse(`takes "${columns[at]?.name ?? ''}" by its signature where its features have "${names[at] ?? ''}"`)
  return fitted
}

function byName(
  columns: readonly SignatureColumn[],
  declared: readonly NamedFeature[],
  refuse: Refuse,
): readonly Feature[] {
  const features: Feature[] = []
  for (const { name } of columns) {
    const spec = declared.find(one => one.name === name)
    if (spec !== undefined && spec.kind !== 'category') {
      if (spec.kind === 'rate')
        throw refuse(
          `takes "${name}", whose rates only its training knows (put them into the metadata of the model as "features")`,
        )
      features.push({ name, column: spec.column, kind: spec.kind })
      continue
    }
    const category = declared.find(one => one.kind === 'category' && name.startsWith(`${one.name}=`))
    if (category === undefined) throw refuse(`takes "${name}"`)
    const text = name.slice(category.name.length + 1)
    const last = features.at(-1)
    if (last?.kind === 'category' && last.name === category.name)
      features[features.length - 1] = { ...last, categories: [...last.categories, text] }
    else features.push({ name: category.name, column: category.column, kind: 'category', categories: [text] })
  }
  return features
}

function ofTensor(
  tensors: readonly SignatureTensor[],
  { declared, fitted }: OfferedFeatures,
  refuse: Refuse,
): readonly Feature[] {
  const [tensor] = tensors
  if (tensor === undefined || tensors.length > 1) throw refuse(`takes ${tensors.length} tensors, and gets one`)
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64')
    throw refuse(`takes a tensor of ${tensor.dtype}, and gets floats only`)
  const [rows, width = 1] = tensor.shape
  if (tensor.shape.length > 2 || rows !== -1)
    throw refuse(`takes a tensor of shape (${tensor.shape.join(', ')}), and gets rows × features`)
  const features = fitted ?? scalars(declared, refuse)
  if (width !== -1 && width !== featureWidth(features))
    throw refuse(`takes ${width} numbers a row, and there are ${featureWidth(features)}`)
  return features
}

/** Without names only what is one number a row has a place. */
function scalars(declared: readonly NamedFeature[], refuse: Refuse): readonly Feature[] {
  return declared.map(spec => {
    if (spec.kind === 'category' || spec.kind === 'rate')
      throw refuse('takes a tensor without names (log it with a signature of named columns, from a DataFrame)')
    return { name: spec.name, column: spec.column, kind: spec.kind }
  })
}

function mismatch(model: string, why: string, declared: readonly NamedFeature[]): ModelError {
  const offer = declared.map(({ name, kind }) => (kind === 'category' ? `${name}=<category>` : name))
  return new ModelError(
    'MODEL_MISMATCH',
    `${model} ${why}; the stream's contract offers ${offer.length === 0 ? 'no features' : offer.map(name => `"${name}"`).join(', ')}.`,
    { data: { model } },
  )
}
