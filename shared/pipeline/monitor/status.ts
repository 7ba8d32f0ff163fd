import type { Identity, Layer } from './accounts.js'

export const statuses = ['OK', 'LATE', 'STALE', 'DEGRADED'] as const
export type Status = (typeof statuses)[number]

/** What a verdict on one table is made from. Times in seconds. */
export interface Findings {
  readonly layer: Layer
  readonly exists: boolean
  readonly freshness: number | undefined
  /** Offsets that Kafka has and bronze does not cover; undefined when Kafka cannot be asked. */
  readonly lag: bigint | undefined
  readonly identity: Identity | undefined
  /** Offsets found missing since the last run. */
  readonly newlyMissing: bigint
  /** What stops a partition, in words. */
  readonly stopped: readonly string[]
  readonly late: number
  readonly stale: number
}

export interface Verdict {
  readonly status: Status
  readonly reason: string
}

/**
 * One word for a table and the sentence why. What is wrong with the data outranks its age; old data with nothing
 * waiting in Kafka is the source's silence, and the sentence says so. Pure; no I/O.
 */
export function judge(f: Findings): Verdict {
  const degraded = [
    ...f.stopped,
    ...(f.identity?.closed === false ? [`the accounts do not close: ${f.identity.text}`] : []),
    ...(f.newlyMissing > 0n ? [`${f.newlyMissing} offsets were deleted in Kafka before they were read`] : []),
    ...(f.lag === undefined ? ['Kafka cannot be asked for its offsets'] : []),
  ]
  if (degraded.length > 0) return { status: 'DEGRADED', reason: sentence(degraded.join('; ')) }
  if (!f.exists) return { status: 'STALE', reason: 'The table does not exist yet.' }
  if (f.freshness === undefined) return { status: 'STALE', reason: 'No event yet.' }
  const age = inWords(f.freshness)
  const cause = f.lag === 0n ? 'and none is waiting in Kafka: the source is silent' : `while ${f.lag} offsets wait in Kafka`
  if (f.freshness > f.stale) return { status: 'STALE', reason: `The newest event is ${age} old, ${cause}.` }
  if (f.freshness > f.late) return { status: 'LATE', reason: `The newest event is ${age} old, ${cause}.` }
  return { status: 'OK', reason: `The newest event is ${age} old.` }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.')
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
