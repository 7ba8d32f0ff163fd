import { randomUUID } from 'node:crypto'

import type { FiringAlert } from '../rules/index.js'
import { alertKey } from './commonAlert.js'
import type { DueMessage, TrackedAlert } from './deliveredAlertStore.js'

/** A message that this turn alone may send until its time is over. */
export interface Claim {
  readonly alert: TrackedAlert
  readonly due: DueMessage
}

/** What became of a claim: taken by the receiver, perhaps taken, or never sent. */
export type ClaimOutcome = 'taken' | 'unsure' | 'unsent'

/** One moment of an evaluator: what fires, when it looked, and until when its claims hold. */
export interface ClaimTurn {
  readonly firing: readonly FiringAlert[]
  /** Milliseconds of the storage's clock, like `until`. */
  readonly now: number
  readonly until: number
  readonly most: number
}

/**
 * The messages that are to be sent now and that nobody else is sending: of alerts that have fired, and of those that are
 * over. A claim whose time is over without anybody having said what became of it is claimed again.
 */
export function claimMessages(known: readonly TrackedAlert[], turn: ClaimTurn): readonly Claim[] {
  const { firing, now, until, most } = turn
  const byKey = new Map(known.map(alert => [alertKey(alert), alert]))
  const isSending = (alert: TrackedAlert) => alert.due !== undefined && alert.due.until > now
  const claims: Claim[] = []
  for (const one of firing) {
    const before = byKey.get(alertKey(one))
    if (before !== undefined && (before.due === undefined || isSending(before))) continue
    const due = { state: 'Fired', until } as const
    const { id, firedAt } = before ?? { id: randomUUID(), firedAt: now }
    claims.push({ alert: { ...one, id, firedAt, due }, due })
  }
  const isFiring = new Set(firing.map(alertKey))
  for (const alert of known) {
    if (isFiring.has(alertKey(alert)) || isSending(alert)) continue
    const due = { state: 'Resolved', until } as const
    claims.push({ alert: { ...alert, due }, due })
  }
  return claims.slice(0, most)
}

/** The alerts with those messages as claimed. */
export function withClaims(known: readonly TrackedAlert[], claims: readonly Claim[]): readonly TrackedAlert[] {
  const next = new Map(known.map(alert => [alertKey(alert), alert]))
  for (const { alert } of claims) next.set(alertKey(alert), alert)
  return [...next.values()]
}

/**
 * The alerts after the claims have been worked off. A claim that somebody else has taken over meanwhile is that other's.
 *
 * @param before the alerts as they were without the claims
 */
export function settleClaims(
  known: readonly TrackedAlert[],
  settled: ReadonlyMap<Claim, ClaimOutcome>,
  before: readonly TrackedAlert[],
): readonly TrackedAlert[] {
  const next = new Map(known.map(alert => [alertKey(alert), alert]))
  const former = new Map(before.map(alert => [alertKey(alert), alert]))
  for (const [{ alert, due }, outcome] of settled) {
    const key = alertKey(alert)
    const now = next.get(key)
    if (now?.id !== alert.id || now.due?.until !== due.until || now.due.state !== due.state) continue
    const after = settledAlert(alert, due, outcome, former.get(key))
    if (after === undefined) next.delete(key)
    else next.set(key, after)
  }
  return [...next.values()]
}

function settledAlert(
  alert: TrackedAlert,
  due: DueMessage,
  outcome: ClaimOutcome,
  before: TrackedAlert | undefined,
): TrackedAlert | undefined {
  if (outcome === 'unsent') return before
  if (outcome === 'unsure') return { ...alert, due: { ...due, until: 0 } }
  return due.state === 'Resolved' ? undefined : { ...alert, due: undefined }
}
