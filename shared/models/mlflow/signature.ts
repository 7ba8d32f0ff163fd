import { asObject } from '../../types/index.js'
import type { JsonObject } from './json.js'
import { MlflowError } from './mlflowError.js'

/** What a model takes or gives: columns with names, or tensors. */
export type SignatureSchema =
  | { readonly kind: 'columns'; readonly columns: readonly SignatureColumn[] }
  | { readonly kind: 'tensors'; readonly tensors: readonly SignatureTensor[] }

/** A column of a table. */
export interface SignatureColumn {
  readonly name: string
  /** MLflow's name: `float`, `double`, `long`, `string` … */
  readonly type: string
}

/** An array. */
export interface SignatureTensor {
  readonly name: string | undefined
  /** NumPy's name: `float32`. */
  readonly dtype: string
  /** -1 for a length that varies. */
  readonly shape: readonly number[]
}

/** A model's signature as MLflow has it. */
export interface Signature {
  readonly inputs: SignatureSchema
  readonly outputs: SignatureSchema | undefined
}

/** The signature of a model of floats: a column for each name in, one score a row out. */
export function scoreSignature(columns: readonly string[]): Signature {
  return {
    inputs: { kind: 'columns', columns: columns.map(name => ({ name, type: 'float' })) },
    outputs: { kind: 'tensors', tensors: [{ name: undefined, dtype: 'float32', shape: [-1, 1] }] },
  }
}

/**
 * Reads the `signature` of an `MLmodel` file, whose inputs and outputs are JSON in a text; undefined when there is none.
 *
 * @param place what to call the file in a message
 * @throws MlflowError MLFLOW_BAD_ANSWER
 */
export function parseSignature(value: unknown, place: string): Signature | undefined {
  const signature = asObject(value)
  const inputs = schemaOf(signature?.['inputs'], place)
  return inputs === undefined ? undefined : { inputs, outputs: schemaOf(signature?.['outputs'], place) }
}

/** The `signature` of an `MLmodel` file. */
export function encodeSignature({ inputs, outputs }: Signature): JsonObject {
  return {
    inputs: JSON.stringify(schemaJson(inputs)),
    outputs: outputs === undefined ? null : JSON.stringify(schemaJson(outputs)),
    params: null,
  }
}

function schemaJson(schema: SignatureSchema): readonly JsonObject[] {
  return schema.kind === 'columns'
    ? schema.columns.map(({ name, type }) => ({ type, name, required: true }))
    : schema.tensors.map(({ name, dtype, shape }) => ({
        ...(name === undefined ? {} : { name }),
        type: 'tensor',
        'tensor-spec': { dtype, shape },
      }))
}

function schemaOf(value: unknown, place: string): SignatureSchema | undefined {
  if (typeof value !== 'string') return undefined
  const unreadable = (cause?: unknown) =>
    new MlflowError('MLFLOW_BAD_ANSWER', `${place} has a signature that cannot be read. Log the model again.`, {
      cause,
      data: { file: place },
    })
  let json: unknown
  try {
    json = JSON.parse(value)
  } catch (cause) {
    throw unreadable(cause)
  }
  const items = Array.isArray(json) ? json.map(asObject) : []
  if (items.length === 0) throw unreadable()
  if (items.every(item => item?.['type'] === 'tensor')) {
    return { kind: 'tensors', tensors: items.map(item => tensorOf(item) ?? fail(unreadable())) }
  }
  const columns = items.map((item, i): SignatureColumn => {
    const { name, type } = item ?? {}
    if (typeof type !== 'string') throw unreadable()
    return { name: typeof name === 'string' ? name : String(i), type }
  })
  return { kind: 'columns', columns }
}

function tensorOf(item: JsonObject | undefined): SignatureTensor | undefined {
  const { dtype, shape } = asObject(item?.['tensor-spec']) ?? {}
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(length => Number.isInteger(length)))
    return undefined
  const name = item?.['name']
  return { name: typeof name === 'string' ? name : undefined, dtype, shape: shape as number[] }
}

function fail(error: Error): never {
  throw error
}
