import { z } from 'zod'

import { asError, CodedError } from '../../errors.js'
import { redact } from '../../telemetry/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace } from './modelPlace.js'

/** What keeps a model from being renewed or from scoring. */
export interface ModelFault {
  readonly code: string
  readonly message: string
  /** When it was first seen, milliseconds of the storage's clock. */
  readonly since: number
  /** The version that did not pass its checks, and when it was last loaded for them: it is not at every run. */
  readonly version?: string | undefined
  readonly triedAt?: number | undefined
}

/** How it stands with a stream's model. Times are milliseconds of the storage's clock. */
export interface ModelStatus {
  readonly checkedAt: number
  /** When all was last well. */
  readonly okAt?: number | undefined
  /** The version that scores. */
  readonly version?: string | undefined
  readonly fault?: ModelFault | undefined
}

/**
 * Beside the model's versions: `status.json` of the copying from a server, `scoring.json` of scoring. Two files, because
 * two functions write them.
 */
export type StatusKind = 'status' | 'scoring'

const time = z.iso.datetime().transform(text => Date.parse(text))

const statusFile = z.object({
  checked_at: time,
  ok_at: time.optional(),
  version: z.string().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      since: time,
      version: z.string().optional(),
      tried_at: time.optional(),
    })
    .optional(),
})

/** The status as it was last written; `undefined` when there is none, or what is there cannot be read. */
export async function readModelStatus(place: ModelPlace, kind: StatusKind): Promise<ModelStatus | undefined> {
  const bytes = await place.store.get(`${kind}.json`)
  if (bytes === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const { success, data } = statusFile.safeParse(json)
  if (!success) return undefined
  const { checked_at: checkedAt, ok_at: okAt, version, error } = data
  if (error === undefined) return { checkedAt, okAt, version }
  const { tried_at: triedAt, ...fault } = error
  return { checkedAt, okAt, version, fault: { ...fault, triedAt } }
}

/** Writes it, as `readModelStatus` reads it. */
export async function writeModelStatus(place: ModelPlace, kind: StatusKind, status: ModelStatus): Promise<void> {
  const { checkedAt, okAt, version, fault } = status
  const json = {
    checked_at: iso(checkedAt),
    ok_at: okAt === undefined ? undefined : iso(okAt),
    version,
    error: fault === undefined ? undefined : encodeFault(fault),
  }
  await place.store.put(`${kind}.json`, new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`))
}

function encodeFault({ code, message, since, version, triedAt }: ModelFault) {
  const tried = triedAt === undefined ? undefined : iso(triedAt)
  return { code, message: redact(message), since: iso(since), version, tried_at: tried }
}

function iso(ms: number): string {
  return new Date(Math.round(ms)).toISOString()
}

/** The fault that was thrown; it lasts since `before`, when that was one too. */
export function faultOf(thrown: unknown, before: ModelStatus | undefined, now: number): ModelFault {
  const error = asError(thrown)
  const code = error instanceof CodedError ? (error as CodedError).code : error.name
  return { code, message: error.message, since: before?.fault?.since ?? now }
}

/** What this process has written last, so that an unchanged state costs nothing. */
const written = new WeakMap<Lake, Map<string, string>>()

/**
 * Records what keeps a model from scoring, and which version scores in its place, or that it is over. Written only when it
 * changes; that it cannot be written stops nothing.
 */
export async function recordScoring(
  lake: Lake,
  place: ModelPlace,
  version: string | undefined,
  thrown: Error | undefined,
): Promise<void> {
  const known = written.get(lake) ?? new Map<string, string>()
  written.set(lake, known)
  const state = JSON.stringify([version, thrown?.message])
  if (known.get(place.path) === state) return
  try {
    const before = await readModelStatus(place, 'scoring')
    const isKnown = before?.fault?.message === thrown?.message && before?.version === version
    const isWell = before?.fault === undefined && thrown === undefined
    if (!isKnown && !isWell) {
      const now = await lake.store.now()
      const okAt = thrown === undefined ? now : before?.okAt
      const fault = thrown === undefined ? undefined : faultOf(thrown, before, now)
      await writeModelStatus(place, 'scoring', { checkedAt: now, okAt, version, fault })
    }
    known.set(place.path, state)
  } catch (error) {
    lake.log.warn(`The status of the model ${place.text} cannot be written: ${asError(error).message}`)
  }
}
