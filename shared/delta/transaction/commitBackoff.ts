import type { Clock } from '../../clock.js'

/** How often a commit is tried for versions that others were faster to write. */
export const defaultMaxAttempts = 250

const firstPauseMs = 25
const maxPauseMs = 2_000

/** Waits a random part of a time that doubles with every attempt, for a storage that gives no clear answer. */
export function jitteredPause(clock: Clock, random: () => number): (attempt: number) => Promise<void> {
  return attempt => clock.sleep(random() * Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(attempt - 1, 10)))
}

/** Longest wait of one that has lost a race, in milliseconds: about what three requests take. */
const maxYieldMs = 100

/**
 * Waits a little after a version that another was faster to write. Never for long: who waits knows less of the log the
 * longer it waits, and loses to those who have just written, again and again.
 */
export function yieldPause(clock: Clock, random: () => number): (attempt: number) => Promise<void> {
  return attempt => clock.sleep(random() * Math.min(maxYieldMs, firstPauseMs * 2 ** Math.min(attempt - 1, 10)))
}
