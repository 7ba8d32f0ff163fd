import { z } from 'zod'

import { durationForms, parseDuration } from './duration.js'

/**
 * The parts of a stream whose rows can have an end: its tables, and of bronze the rejected records, with what became of
 * them, apart from the rest.
 */
export const retainedParts = ['bronze', 'quarantine', 'silver', 'scored', 'summary', 'drift'] as const

/** One of {@link retainedParts}. */
export type RetainedPart = (typeof retainedParts)[number]

/** For how long rows are kept, in milliseconds; a part that is not named keeps them for ever. */
export type Retention = Readonly<Partial<Record<RetainedPart, number>>>

/** As a stream declares it: one length of time for all parts, or each its own. */
export type RetentionDeclaration = string | Readonly<Partial<Record<RetainedPart, string>>>

const dayMs = 86_400_000

const part = z
  .string({ error: 'is no text' })
  .transform((text, context) => {
    const ms = parseDuration(text)
    if (ms !== null) return ms
    context.addIssue({ code: 'custom', message: `${JSON.stringify(text)} is not a duration. Write ${durationForms}` })
    return z.NEVER
  })
  .refine(ms => ms >= dayMs, { error: 'is less than a day; rows go by whole days' })

const parts = z.strictObject(Object.fromEntries(retainedParts.map(name => [name, part.optional()])), {
  error: issue => {
    const named = retainedParts.join(', ')
    if (issue.code !== 'unrecognized_keys') return `is neither a duration nor an object with some of ${named}`
    const [key = ''] = issue.keys as readonly string[]
    const hint = key === 'gold' ? '; gold is scored, summary and drift' : ''
    return `has no part ${JSON.stringify(key)}; there are ${named}${hint}`
  },
})

const everyPart = part.transform(ms => Object.fromEntries(retainedParts.map(name => [name, ms])))

/** What is wrong with a retention, in words that go on from the stream's name; or the retention. */
export type RetentionOutcome = { readonly retention: Retention } | { readonly fault: string }

/**
 * Reads what a stream declares of its retention.
 *
 * @param dedupeWithinMs how far back silver is searched for duplicates
 */
export function retentionOf(declared: unknown, dedupeWithinMs: number): RetentionOutcome {
  if (declared === undefined) return { retention: {} }
  const read = (typeof declared === 'string' ? everyPart : parts).safeParse(declared)
  if (!read.success) {
    const [issue] = read.error.issues
    return { fault: `${['retain', ...(issue?.path ?? [])].join('.')} ${issue?.message ?? 'cannot be read'}` }
  }
  const retention: Retention = read.data
  const fault = faultOf(retention, dedupeWithinMs)
  return fault === undefined ? { retention } : { fault }
}

function faultOf({ bronze, quarantine, silver }: Retention, dedupeWithinMs: number): string | undefined {
  if (silver !== undefined && silver < dedupeWithinMs)
    return (
      'retain.silver is shorter than dedupeWithin: an event whose first copy is gone could not be known as a duplicate; ' +
      'keep silver at least as long, or lower dedupeWithin'
    )
  if (quarantine !== undefined && (bronze === undefined || quarantine < bronze))
    return (
      'retain.quarantine is shorter than retain.bronze, and rejected records are rows of bronze; ' +
      'keep them at least as long, or lower retain.bronze'
    )
  return undefined
}
