import type { Feature } from '../features/index.js'
import { ModelError } from '../modelError.js'

/** A row of inputs and what the model must say to it: a model that says something else is another one. */
export interface GoldenVector {
  readonly features: readonly number[]
  readonly score: number
}

/** What a model says of itself, `model.json` beside `model.onnx`. */
export interface ModelCard {
  readonly name: string
  readonly version: string
  /** The stream whose events it scores. */
  readonly stream: string
  /** In the order of the input tensor's columns. */
  readonly features: readonly Feature[]
  /** Names of the tensors: floats, rows × features; floats, rows or rows × 1. */
  readonly input: string
  readonly output: string
  /** ISO 8601. */
  readonly createdAt: string
  /** Of `model.onnx`, in lower-case hexadecimal. */
  readonly sha256: string
  readonly golden?: readonly GoldenVector[] | undefined
}

/** The bytes of `model.json`: UTF-8, indented. `decodeModelCard` reads them. */
export function encodeModelCard(card: ModelCard): Uint8Array {
  const { name, version, stream, features, input, output, createdAt, sha256, golden } = card
  const json = { name, version, stream, features, input, output, created_at: createdAt, sha256, golden }
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)
}

/**
 * Reads a `model.json`.
 *
 * @param place what to call the file in a message
 * @throws ModelError MODEL_MISMATCH naming the field that is not as it must be
 */
export function decodeModelCard(bytes: Uint8Array, place: string): ModelCard {
  const record = jsonObject(bytes, place)
  const text = (field: string): string => {
    const value = record[field]
    if (typeof value === 'string' && value !== '') return value
    throw mismatch(place, field, 'a text')
  }
  const list = (field: string): readonly unknown[] => {
    const value = record[field]
    if (Array.isArray(value)) return value
    throw mismatch(place, field, 'a list')
  }
  const features = list('features').map(
    (value, i) => featureOf(value) ?? fail(place, `features[${String(i)}]`, featureShape),
  )
  if (features.length === 0) throw mismatch(place, 'features', 'not empty')
  const golden =
    record['golden'] === undefined
      ? undefined
      : list('golden').map(
          (value, i) => goldenOf(value) ?? fail(place, `golden[${String(i)}]`, '{ features: numbers, score: number }'),
        )
  return {
    name: text('name'),
    version: text('version'),
    stream: text('stream'),
    features,
    input: text('input'),
    output: text('output'),
    createdAt: text('created_at'),
    sha256: text('sha256').toLowerCase(),
    golden,
  }
}

const featureShape = '{ column, kind: "numeric" } or { column, kind: "category", categories: texts }'

/**
 * A JSON file that must be an object.
 * @throws ModelError MODEL_MISMATCH when it is none
 */
export function jsonObject(bytes: Uint8Array, place: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new ModelError('MODEL_MISMATCH', `${place} is not JSON; write it again.`, { cause, data: { file: place } })
  }
  return asObject(json) ?? fail(place, 'it', 'an object')
}

function featureOf(value: unknown): Feature | undefined {
  const feature = asObject(value)
  const column = feature?.['column']
  if (feature === undefined || typeof column !== 'string') return undefined
  if (feature['kind'] === 'numeric') return { column, kind: 'numeric' }
  const categories = feature['categories']
  if (feature['kind'] !== 'category' || !Array.isArray(categories) || !categories.every(c => typeof c === 'string'))
    return undefined
  return { column, kind: 'category', categories }
}

function goldenOf(value: unknown): GoldenVector | undefined {
  const vector = asObject(value)
  const features = vector?.['features']
  const score = vector?.['score']
  if (typeof score !== 'number' || !Array.isArray(features) || !features.every(f => typeof f === 'number'))
    return undefined
  return { features, score }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

function fail(place: string, field: string, wanted: string): never {
  throw mismatch(place, field, wanted)
}

function mismatch(place: string, field: string, wanted: string): ModelError {
  return new ModelError('MODEL_MISMATCH', `${place}: ${field} must be ${wanted}.`, { data: { file: place, field } })
}
