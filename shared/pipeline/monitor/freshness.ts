import { elapsedMs } from '../../storage/index.js'
import { inWords } from '../../types/index.js'

/** How old a table's newest event is. */
export interface Freshness {
  /** Never negative; undefined where there is no event yet. */
  readonly seconds: number | undefined
  /** What is to be known of it, in words. */
  readonly notes: readonly string[]
}

/** An event that comes while the tables are looked at is newer than the look, and so is one of a clock a little ahead. */
const graceMs = 5_000

/**
 * The age of the newest event. One that lies ahead of the storage's clock tells nothing of age: nothing came later than the
 * table's last commit, so the age is taken from there. Otherwise one event of the year 2100 would keep a table fresh for good.
 *
 * @param newest microseconds since 1970; 0 where there is none
 * @param lastCommitAt when the table was last committed to, and `runTime` now: milliseconds of the storage's clock
 * @example
 * freshnessOf(4_000_000, undefined, 10_000) // { seconds: 6, notes: [] }
 */
export function freshnessOf(newest: number, lastCommitAt: number | undefined, runTime: number): Freshness {
  if (newest === 0) return { seconds: undefined, notes: [] }
  const age = runTime - newest / 1000
  if (age >= -graceMs) return { seconds: Math.max(0, age) / 1000, notes: [] }
  const sinceCommit = (lastCommitAt === undefined ? undefined : elapsedMs(lastCommitAt, runTime)) ?? 0
  const ahead = inWords(-age / 1000)
  return {
    seconds: sinceCommit / 1000,
    notes: [`the newest event is ${ahead} ahead of the storage's clock: its age is that of the last commit`],
  }
}
