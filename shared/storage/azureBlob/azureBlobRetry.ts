import { setTimeout as sleep } from 'node:timers/promises'

import { isRestError } from '@azure/storage-blob'

import { StorageError } from '../storageError.js'
import { isFinal, serviceAnswer } from './azureBlobError.js'
import { allowedMs, NoAnswer, oneTry, type TimeoutLimits, type Try } from './azureBlobTimeout.js'
import { TornAnswer } from './tornAnswer.js'

/** How long a request is waited for, and how long before it is sent again. */
export interface RetryLimits extends TimeoutLimits {
  /** Milliseconds before the second try; it doubles with every further one. */
  readonly pauseMs: number
}

/** Milliseconds before the second try, unless the caller says otherwise. */
export const defaultPauseMs = 250
const maxTries = 8
/** Somebody who is not there is found out soon; a service that restarts is there again by then. */
const maxTriesUnreached = 5
const longestPauseMs = 10_000

/**
 * Runs a request that may be repeated, until it has an answer that stays: after answers that pass (408, 429, 500, 502,
 * 503, 504), broken connections, torn answers and silence it is sent again, not before the service's `Retry-After`.
 * What the last try threw is thrown; a mistake in this program at once.
 */
export async function retried<T>(limits: RetryLimits, bytes: number, act: (attempt: Try) => Promise<T>): Promise<T> {
  const started = performance.now()
  let allowed = allowedMs(limits, bytes)
  let tries = 0
  for (;;) {
    tries++
    const left = () => started + allowed - performance.now()
    try {
      return await oneTry(
        { ...limits, left },
        {
          kept: () => (tries = 0),
          moves: more => (allowed = Math.max(allowed, allowedMs(limits, more))),
        },
        act,
      )
    } catch (error) {
      if (!isRepeatable(error) || tries >= (isUnreached(error) ? maxTriesUnreached : maxTries)) throw error
      const pause = Math.max(
        retryAfterMs(error),
        Math.min(longestPauseMs, limits.pauseMs * 2 ** Math.max(0, tries - 1)) * (0.5 + Math.random() / 2),
      )
      if (pause >= left()) throw error
      await sleep(pause)
    }
  }
}

const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

function isRepeatable(error: unknown): boolean {
  if (error instanceof TornAnswer || error instanceof NoAnswer) return true
  if (error instanceof StorageError) return false
  const { status } = serviceAnswer(error)
  if (status !== undefined) return passing.has(status) || (status >= 200 && status < 300)
  if (isFinal(error)) return false
  return isRestError(error) || (error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code)))
}

function isUnreached(error: unknown): boolean {
  return (
    serviceAnswer(error).status === undefined &&
    /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(serviceAnswer(error).code)
  )
}

/** What the service asks to wait, in milliseconds; 0 when it asks nothing. `Retry-After` is in seconds, or a date. */
function retryAfterMs(error: unknown): number {
  const headers = isRestError(error) ? error.response?.headers : undefined
  const ms = headers?.get('x-ms-retry-after-ms') ?? headers?.get('retry-after-ms')
  if (ms !== undefined && Number(ms) >= 0) return Number(ms)
  const text = headers?.get('retry-after')
  if (text === undefined) return 0
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}
