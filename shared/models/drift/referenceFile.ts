import { z } from 'zod'

import { ModelError } from '../modelError.js'
import type { Reference } from './reference.js'

const count = z.number().int().nonnegative()

const column = z.discriminatedUnion('kind', [
  z
    .object({
      name: z.string(),
      kind: z.literal('numeric'),
      edges: z.array(z.number()),
      counts: z.array(count),
      ecdf: z.array(z.tuple([z.number(), z.number()]).readonly()),
    })
    .refine(({ edges, counts }) => counts.length === edges.length + 1, 'counts must be one more than edges'),
  z
    .object({ name: z.string(), kind: z.literal('discrete'), values: z.array(z.number()), counts: z.array(count) })
    .refine(({ values, counts }) => counts.length === values.length, 'counts must be as many as values'),
])

const time = z.iso.datetime().transform(text => Date.parse(text))

const reference = z.object({
  rows: count,
  first_event: time.optional(),
  last_event: time.optional(),
  columns: z.array(column),
})

/** The bytes of `reference.json`: UTF-8. {@link decodeReference} reads them. */
export function encodeReference({ rows, columns, span }: Reference): Uint8Array {
  const iso = (ms: number) => JSON.stringify(new Date(ms).toISOString())
  const times = span === undefined ? '' : `  "first_event": ${iso(span.first)},\n  "last_event": ${iso(span.last)},\n`
  const lines = columns.map(one => `    ${JSON.stringify(one)}`).join(',\n')
  return new TextEncoder().encode(`{\n  "rows": ${rows},\n${times}  "columns": [\n${lines}\n  ]\n}\n`)
}

/**
 * Reads a `reference.json`.
 *
 * @param place what to call the file in a message
 * @throws ModelError MODEL_MISMATCH naming the field that is not as it must be
 */
export function decodeReference(bytes: Uint8Array, place: string): Reference {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new ModelError('MODEL_MISMATCH', `${place} is not JSON; train the model again.`, {
      cause,
      data: { file: place },
    })
  }
  const parsed = reference.safeParse(json)
  if (parsed.success) {
    const { rows, columns, first_event: first, last_event: last } = parsed.data
    return first === undefined || last === undefined ? { rows, columns } : { rows, columns, span: { first, last } }
  }
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new ModelError('MODEL_MISMATCH', `${place}: ${field}: ${issue?.message ?? ''}; train the model again.`, {
    data: { file: place, field },
  })
}
