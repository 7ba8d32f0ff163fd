import { inWords } from '../../types/index.js'
import type { Balance, Layer } from './reconciliation.js'

/**
 * PAUSED is whatever is about time alone, while somebody wants the stream to stand still. From good to bad: LATE and STALE
 * are about time, DEGRADED about data that is wrong or cannot be read.
 */
export const statuses = ['PAUSED', 'OK', 'LATE', 'STALE', 'DEGRADED'] as const
/** As the column `status` of `monitor_logs` has it. */
export type Status = (typeof statuses)[number]

/** What a verdict on one table is made from. Times in seconds. */
export interface Findings {
  readonly layer: Layer
  readonly exists: boolean
  readonly freshness: number | undefined
  /** That the stream is paused, in words; undefined when it is not. */
  readonly paused: string | undefined
  /** Offsets behind the last one that bronze covers that Kafka has no more. */
  readonly gone: bigint
  /** Why the table cannot be read, in words. */
  readonly failed: string | undefined
  /** Offsets that Kafka has and bronze does not cover; undefined when Kafka cannot be asked. */
  readonly lag: bigint | undefined
  /** Why Kafka cannot be asked, in words. */
  readonly unanswered: string | undefined
  /** What does not drain, in words. */
  readonly undrained: readonly string[]
  /** What lies behind transactions that are still open, in words, and whether one of them is open for too long. */
  readonly held: readonly string[]
  readonly heldLong: boolean
  /** Rejected records that are in quarantine for too long, in words; undefined when there are none. */
  readonly overdue: string | undefined
  readonly balance: Balance | undefined
  /** Offsets found missing since the last run. */
  readonly newlyMissing: bigint
  /** What stops a partition, in words. */
  readonly stopped: readonly string[]
  /** What is worth knowing and changes no status, such as clocks that differ, in words. */
  readonly notes: readonly string[]
  readonly late: number
  readonly stale: number
}

/** What is reported of one table; the reason is whole sentences. */
export interface Verdict {
  readonly status: Status
  readonly reason: string
}

/**
 * One word for a table and the sentence why. What is wrong with the data outranks its age; old data with nothing
 * waiting in Kafka is the source's silence, and the sentence says so. A lag that does not drain is LATE, however new
 * the newest row is. A paused stream is neither late nor stale, and nobody asks Kafka for it.
 */
export function tableStatus(f: Findings): Verdict {
  const { status, reason } = verdictOf(f)
  return { status, reason: [reason, ...[...f.held, ...f.notes].map(sentence)].join(' ') }
}

function verdictOf(f: Findings): Verdict {
  const degraded = [
    ...(f.failed === undefined ? [] : [`the table cannot be read: ${f.failed}`]),
    ...f.stopped,
    ...(f.balance?.balanced === false ? [`the counts do not reconcile: ${f.balance.text}`] : []),
    ...(f.newlyMissing > 0n ? [`${f.newlyMissing} offsets were deleted in Kafka before they were read`] : []),
    ...(f.unanswered === undefined || f.paused !== undefined ? [] : [f.unanswered]),
  ]
  if (degraded.length > 0) return { status: 'DEGRADED', reason: sentence(degraded.join('; ')) }
  if (f.paused !== undefined) return { status: 'PAUSED', reason: pausedReason(f, f.paused) }
  if (!f.exists) return { status: 'STALE', reason: 'The table does not exist yet.' }
  const waiting =
    f.undrained.length === 0 ? [] : [`${f.lag ?? 0n} offsets wait in Kafka and do not drain: ${f.undrained.join('; ')}`]
  if (f.freshness === undefined)
    return { status: 'STALE', reason: ['No event yet.', ...waiting.map(sentence)].join(' ') }
  const age = inWords(f.freshness)
  const old = [`The newest event is ${age} old, ${causeOf(f)}.`, ...waiting.map(sentence)].join(' ')
  if (f.freshness > f.stale) return { status: 'STALE', reason: old }
  if (f.freshness > f.late) return { status: 'LATE', reason: old }
  const overdue = f.overdue === undefined ? [] : [f.overdue]
  const reason = [`The newest event is ${age} old.`, ...[...waiting, ...overdue].map(sentence)].join(' ')
  return { status: waiting.length + overdue.length > 0 || f.heldLong ? 'LATE' : 'OK', reason }
}

function pausedReason({ lag, gone, unanswered }: Findings, paused: string): string {
  const waiting = [
    ...(unanswered === undefined ? [] : [unanswered]),
    ...(lag === undefined || lag === 0n ? [] : [`${lag} offsets wait in Kafka`]),
    ...(gone === 0n ? [] : [`${gone} of them are not there any more, and will be missing`]),
  ]
  return [sentence(paused), ...waiting.map(sentence)].join(' ')
}

function causeOf({ lag, held }: Findings): string {
  if (lag === undefined) return 'and what waits in Kafka is not known'
  if (lag > 0n) return `while ${lag} offsets wait in Kafka`
  return held.length > 0
    ? 'and what is newer waits for a transaction to end'
    : 'and none is waiting in Kafka: the source is silent'
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.')
}
