/**
 * The rule for time that has passed since something was written, by whichever host: both times are the storage's, the
 * object's `modifiedAt` and the store's `now()`. Hosts' clocks differ, by seconds as a rule and by weeks where one is
 * wrong, and what one of them recorded is never compared with what another one shows.
 */

/** Services date in whole seconds, and several of their machines answer. */
const graceMs = 2_000

/**
 * Milliseconds between two times of one clock. Undefined when the earlier one lies in the future: the clock was wrong
 * then or is wrong now, and how much time has passed is not known. What is harmless to do once too often is done then;
 * what deletes is not.
 */
export function elapsedMs(since: number, now: number): number | undefined {
  if (since > now + graceMs) return undefined
  return Math.max(0, now - since)
}
