import { z } from 'zod'

import type { Feature } from '../features/index.js'
import { ModelError } from '../modelError.js'

/** A row of inputs and what the model must say to it: a model that says something else is another one. */
export interface GoldenVector {
  readonly features: readonly number[]
  /** Any number is right when absent. */
  readonly score?: number | undefined
}

/** What a model says of itself, `model.json` beside `model.onnx`. */
export interface ModelCard {
  readonly name: string
  readonly version: string
  /** The stream whose events it scores. */
  readonly stream: string
  /** In the order of the input's columns. */
  readonly features: readonly Feature[]
  /** The input's name; what the model itself says when absent. Floats, rows × features, or one input per column. */
  readonly input?: string | undefined
  /** The name of the output with the scores; found by its type and usual names when absent. */
  readonly output?: string | undefined
  /** A score beyond it is an anomaly, unless a setting or the stream says otherwise. */
  readonly threshold?: number | undefined
  /** ISO 8601. */
  readonly createdAt: string
  /** Of `model.onnx`, and of the tensors beside it: see `modelDigest`. In lower-case hexadecimal. */
  readonly sha256: string
  /** Paths of tensors beside `model.onnx`, relative to it. */
  readonly external?: readonly string[] | undefined
  readonly golden?: readonly GoldenVector[] | undefined
}

const text = z.string({ error: 'a text' }).min(1, 'a text that is not empty')
const texts = z.array(z.string({ error: 'a text' }), { error: 'a list of texts' })
const number = z.number({ error: 'a number' })
const named = { name: text.optional(), column: text }

const feature = z.discriminatedUnion(
  'kind',
  [
    z.object({ ...named, kind: z.literal(['numeric', 'log', 'hour']) }),
    z.object({ ...named, kind: z.literal('category'), categories: texts }),
    z
      .object({
        ...named,
        kind: z.literal('rate'),
        categories: texts,
        rates: z.array(number, { error: 'a list of numbers' }),
      })
      .refine(({ categories, rates }) => categories.length === rates.length, {
        path: ['rates'],
        error: 'as long as its categories',
      }),
  ],
  { error: 'numeric, log, hour, category or rate, in an object with a column' },
)

const golden = z.object(
  { features: z.array(number, { error: 'a list of numbers' }), score: number.optional() },
  { error: '{ features, score }' },
)

/** Part of the model's folder, so that copying it takes its files along and nothing else. */
const filePath = text.refine(isInnerPath, "a path inside the model's folder, without . and ..")

const card = z.object({
  name: text,
  version: text,
  stream: text,
  features: z.array(feature, { error: 'a list' }).min(1, 'a list that is not empty'),
  input: text.optional(),
  output: text.optional(),
  threshold: number.optional(),
  created_at: text,
  sha256: text.toLowerCase(),
  external: z.array(filePath, { error: 'a list of paths' }).optional(),
  golden: z.array(golden, { error: 'a list' }).optional(),
})

/** The bytes of `model.json`: UTF-8, indented. `decodeModelCard` reads them. */
export function encodeModelCard(card: ModelCard): Uint8Array {
  const { name, version, stream, features, input, output, threshold, createdAt, sha256, external, golden } = card
  const json = {
    name,
    version,
    stream,
    features,
    input,
    output,
    threshold,
    created_at: createdAt,
    sha256,
    external,
    golden,
  }
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)
}

/**
 * Reads a `model.json`. What it does not know is left out.
 *
 * @param place what to call the file in a message
 * @throws ModelError MODEL_MISMATCH naming the field that is not as it must be
 */
export function decodeModelCard(bytes: Uint8Array, place: string): ModelCard {
  const found = card.safeParse(jsonObject(bytes, place))
  if (found.success) {
    const { created_at: createdAt, ...same } = found.data
    return { ...same, createdAt }
  }
  const [issue] = found.error.issues
  const field = (issue?.path ?? []).reduce<string>(
    (path, part) =>
      typeof part === 'number' ? `${path}[${String(part)}]` : path === '' ? String(part) : `${path}.${String(part)}`,
    '',
  )
  throw new ModelError('MODEL_MISMATCH', `${place}: ${field} must be ${issue?.message ?? 'otherwise'}.`, {
    data: { file: place, field },
  })
}

/** Whether the path stays below the folder it is relative to, on every system and store. */
export function isInnerPath(path: string): boolean {
  return path
    .split('/')

    .every(part => part !== '' && part !== '.' && part !== '..' && !/[\\:\u0000-\u001f]/.test(part))
}

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
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw new ModelError('MODEL_MISMATCH', `${place}: it must be an object.`, { data: { file: place } })
}
