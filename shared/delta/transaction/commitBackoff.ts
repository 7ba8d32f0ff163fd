import type { Clock } from '../../clock.js'

/** How often a commit is tried for versions that others were faster to write. */
export const defaultMaxAttempts = 50

const firstPauseMs = 25
const maxPauseMs = 2_000

/** Waits a random part of a time that doubles with every attempt, so that rivals do not meet again. */
export function jitteredPause(clock: Clock, random: () => number): (attempt: number) => Promise<void> {
  return attempt => clock.sleep(random() * Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(attempt - 1, 10)))
}
