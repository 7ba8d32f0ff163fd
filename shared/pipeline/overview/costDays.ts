import type { Row } from '../../types/index.js'
import { costedRun, CostLedger, type StepSums } from '../cost/index.js'

/** The runs of one day (UTC), added up by step, stream and table. */
export interface CostDay {
  readonly steps: readonly StepSums[]
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

/** By day, as 2025-04-01. */
export type Days = Readonly<Record<string, CostDay>>

/**
 * Adds rows of `cluster_logs` to the days that their runs ended on, and lets go of the oldest days. Pure.
 *
 * @param minimumMs the least time that an execution is billed for
 * @param now milliseconds of the storage's clock: runs behind it are left out
 */
export function addToDays(days: Days, rows: readonly Row[], minimumMs: number, now: number, keep: number): Days {
  const ledgers = new Map(Object.entries(days).map(([day, sums]) => [day, CostLedger.of(sums, minimumMs, now)]))
  for (const row of rows) {
    const run = costedRun(row)
    if (run === undefined || !Number.isFinite(run.endTime)) continue
    const day = new Date(run.endTime).toISOString().slice(0, 10)
    const ledger = ledgers.get(day) ?? new CostLedger(minimumMs, now)
    ledger.add(run)
    ledgers.set(day, ledger)
  }
  const kept = [...ledgers].sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, keep)
  return Object.fromEntries(
    kept.flatMap(([day, { steps, span }]) => (span === undefined ? [] : [[day, { steps, ...span }] as const])),
  )
}

/** The runs of several days as one ledger, to be priced by `costReport`. */
export function ledgerOf(days: Iterable<CostDay>, minimumMs: number, now: number): CostLedger {
  const ledger = new CostLedger(minimumMs, now)
  for (const day of days) ledger.addSums(day)
  return ledger
}
