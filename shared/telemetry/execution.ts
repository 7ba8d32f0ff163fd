import { AsyncLocalStorage } from 'node:async_hooks'

import type { Clock } from '../clock.js'

interface Execution {
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  runs: number
}

const current = new AsyncLocalStorage<Execution>()

/**
 * One execution of a function: what it is billed for at least is billed once, however many runs begin in `work`. Within
 * another execution it is a part of that one.
 *
 * ```ts
 * await execution(lake.clock, () => runGold(lake, 'timer'))
 * ```
 */
export function execution<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  if (current.getStore() !== undefined) return work()
  return current.run({ startedAt: clock.monotonic(), runs: 0 }, work)
}

/** How long the execution has lasted in which a run begins, milliseconds; undefined for the first run of one. */
export function offsetInExecution(clock: Clock): number | undefined {
  const within = current.getStore()
  if (within === undefined || within.runs++ === 0) return undefined
  return Math.round(clock.monotonic() - within.startedAt)
}
