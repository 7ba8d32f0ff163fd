import { elapsedMs } from '../../storage/index.js'
import type { ShownStatus } from './monitorEntry.js'

/** A table's verdict at one run of the monitor; milliseconds of the storage's clock. */
export interface Verdict {
  readonly runTime: number
  readonly status: ShownStatus
}

/** Since when a table has had its verdict. */
export interface Since {
  readonly time: number
  /** False where the rows at hand have no other verdict before: it may have been so for longer. */
  readonly isStart: boolean
}

/**
 * The newest verdict that does not lie in the future; one that does, where there is no other. A clock that was once wrong
 * must not hide what came after.
 */
export function newestVerdict<V extends Verdict>(verdicts: Iterable<V>, now: number): V | undefined {
  let past: V | undefined
  let future: V | undefined
  for (const verdict of verdicts) {
    if (elapsedMs(verdict.runTime, now) !== undefined) {
      if (past === undefined || verdict.runTime > past.runTime) past = verdict
    } else if (future === undefined || verdict.runTime < future.runTime) future = verdict
  }
  return past ?? future
}

/** Since when the verdicts have been as the newest one is, which is one of them. */
export function sinceWhen(verdicts: readonly Verdict[], newest: Verdict): Since {
  const earlier = verdicts.filter(v => v.runTime <= newest.runTime).sort((a, b) => b.runTime - a.runTime)
  let time = newest.runTime
  for (const { runTime, status } of earlier) {
    if (status !== newest.status) return { time, isStart: true }
    time = runTime
  }
  return { time, isStart: false }
}
