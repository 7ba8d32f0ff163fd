import { elapsedMs } from '../../storage/index.js'
import { decodeRun, encodeRun, type RunJson, type RunRecord } from '../../telemetry/index.js'

/** A run as a commit reported it: with `final` false the run meant to go on. */
export interface ReportedRun {
  readonly run: RunRecord
  readonly final: boolean
}

/** A run that may still be under way. */
export interface PendingRun {
  readonly run: RunRecord
  /** When its last report was read, milliseconds of the storage's clock; undefined where that was not noted. */
  readonly heardAt: number | undefined
}

/** Runs sorted into those that have ended and those that may still be under way. */
export interface Settled {
  readonly ended: readonly { readonly run: RunRecord; readonly outcome: string }[]
  readonly pending: readonly PendingRun[]
}

/** What a commit's `commitInfo.lake.run` says; undefined when it says nothing. */
export function readReportedRun(json: unknown, version: number): ReportedRun | undefined {
  const run = decodeRun(json)
  if (run === undefined) return undefined
  return { run: { ...run, version }, final: (json as { final?: unknown }).final !== false }
}

/**
 * Settles runs by what was reported of them. A run commits several times, and each commit reports more than the one
 * before: the last report counts. One that meant to go on is waited for, and is `unfinished` when nothing more comes.
 * It is waited for from when that report was read: the times in it are those of another host's clock.
 *
 * @param before runs left pending last time
 * @param journaled runs reported outside commits: the end of a run, always
 * @param now milliseconds of the storage's clock
 * @param patienceMs how long a run may be silent
 */
export function settleRuns(
  before: readonly PendingRun[],
  reported: readonly ReportedRun[],
  journaled: readonly RunRecord[],
  now: number,
  patienceMs: number,
): Settled {
  const last = new Map<string, ReportedRun>(before.map(({ run }) => [run.runId, { run, final: false }]))
  const heard = new Map(before.map(({ run, heardAt }) => [run.runId, heardAt ?? now]))
  for (const word of reported) {
    const known = last.get(word.run.runId)
    heard.set(word.run.runId, now)
    if (known === undefined || word.final || (!known.final && word.run.endTime >= known.run.endTime))
      last.set(word.run.runId, word)
  }
  for (const run of journaled) {
    const known = last.get(run.runId)
    last.set(run.runId, { run: { ...run, version: run.version ?? known?.run.version }, final: true })
  }
  const ended: { run: RunRecord; outcome: string }[] = []
  const pending: PendingRun[] = []
  for (const { run, final } of last.values()) {
    if (final) ended.push({ run, outcome: run.outcome })
    else {
      const heardAt = heard.get(run.runId) ?? now
      if ((elapsedMs(heardAt, now) ?? Infinity) > patienceMs) ended.push({ run, outcome: 'unfinished' })
      else pending.push({ run, heardAt })
    }
  }
  return { ended, pending }
}

/** Pending runs as JSON, and back. */
export function encodePending(pending: readonly PendingRun[]): readonly RunJson[] {
  return pending.map(({ run, heardAt }) => ({ ...encodeRun(run), ...(heardAt === undefined ? {} : { heardAt }) }))
}

/** What `encodePending` wrote; a run that cannot be read is left out. */
export function decodePending(json: unknown): readonly PendingRun[] {
  if (!Array.isArray(json)) return []
  return json.flatMap((item: unknown) => {
    const run = decodeRun(item)
    const heardAt = Number((item as { readonly heardAt?: unknown } | null)?.heardAt)
    return run === undefined ? [] : [{ run, heardAt: Number.isNaN(heardAt) ? undefined : heardAt }]
  })
}
