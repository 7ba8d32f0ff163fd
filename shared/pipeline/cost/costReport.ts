import { type CostParts, costParts, totalCost } from '../../telemetry/index.js'
import { dayMs } from '../../types/index.js'
import type { CostConditions } from './costConditions.js'
import { addRuns, type CostLedger, noRuns, type RunSums, type StepSums } from './costLedger.js'
import { largestLever, type Lever } from './lever.js'
import { type TableCost, tableCosts } from './tableCost.js'

/** What one step for one stream cost, or all of them. US dollars. */
export interface StepCost {
  readonly step: string
  readonly stream: string | undefined
  readonly tables: readonly string[]
  readonly runs: number
  /** Of those, runs that found nothing to do. */
  readonly idleRuns: number
  /** Those that begin with one of its runs; the other runs are parts of these, or of other steps'. */
  readonly executions: number
  /** Billed: gigabytes of instance memory times seconds, each execution at least for its least time. */
  readonly gigabyteSeconds: number
  readonly rowsOut: number
  readonly bytesOut: number
  readonly parts: CostParts
  readonly compute: number
  readonly storage: number
  readonly total: number
  /** 0 to 1 of all. */
  readonly share: number
  /** Per million rows written; undefined without rows. */
  readonly perMillionRows: number | undefined
  /** Per 10⁹ bytes written; undefined without bytes. */
  readonly perGigabyte: number | undefined
}

/** What runs cost. */
export interface CostReport extends CostConditions {
  /** The dearest first. */
  readonly steps: readonly StepCost[]
  /** The same by table, the dearest first: together they cost what the steps cost. */
  readonly tables: readonly TableCost[]
  /** All together; its `perMillionRows` and `perGigabyte` are of what bronze wrote: an event counts once. */
  readonly total: StepCost
  /** What maintenance costs, which is part of the total. */
  readonly maintenance: number
  /** From the first run's start to the last one's end, milliseconds since 1970; undefined without runs. */
  readonly span: { readonly from: number; readonly to: number } | undefined
  /** Thirty days at the rate of the span; undefined when it is too short to tell. */
  readonly month: number | undefined
  readonly lever: Lever | undefined
  /** What the runs put down themselves, by the prices of then. */
  readonly recorded: number
  /** Runs that are left out because they lie in the future. */
  readonly ahead: number
}

/** In less, steps that run every ten minutes may have had no turn. */
export const minSpanMs = 600_000

/**
 * Prices the runs of a ledger. Pure.
 *
 * @param tablesOf the tables that a step writes
 */
export function costReport(
  { steps: sums, span, ahead }: Pick<CostLedger, 'steps' | 'span' | 'ahead'>,
  conditions: CostConditions,
  tablesOf: (step: string, stream: string | undefined) => readonly string[],
): CostReport {
  const steps = byStep(sums)
  const price = (sums: RunSums) => costParts(sums, conditions.instanceMemoryBytes, conditions.prices)
  const all = steps.reduce((sum, { busy, idle }) => addRuns(sum, addRuns(busy, idle)), noRuns)
  const bronze = steps.filter(({ step }) => step === 'bronze').reduce((sum, { busy }) => addRuns(sum, busy), noRuns)
  const whole = totalCost(price(all))
  const costOf = ({ step, stream, busy, idle }: StepSums, written: RunSums): StepCost => {
    const sums = addRuns(busy, idle)
    const parts = price(sums)
    const total = totalCost(parts)
    return {
      step,
      stream,
      tables: tablesOf(step, stream),
      runs: sums.runs,
      executions: sums.executions,
      idleRuns: idle.runs,
      gigabyteSeconds: ((sums.durationMs + sums.minimumMs) / 1000) * (conditions.instanceMemoryBytes / 1024 ** 3),
      rowsOut: written.rowsOut,
      bytesOut: written.bytesOut,
      parts,
      compute: parts.compute + parts.minimum + parts.executions,
      storage: parts.reads + parts.writes + parts.lists + parts.deletes,
      total,
      share: whole === 0 ? 0 : total / whole,
      perMillionRows: written.rowsOut === 0 ? undefined : (total / written.rowsOut) * 1e6,
      perGigabyte: written.bytesOut === 0 ? undefined : (total / written.bytesOut) * 1e9,
    }
  }
  const idle = steps.reduce((sum, s) => addRuns(sum, s.idle), noRuns)
  const busy = steps.reduce((sum, s) => addRuns(sum, s.busy), noRuns)
  const costs = steps.map(s => costOf(s, addRuns(s.busy, s.idle))).sort((a, b) => b.total - a.total)
  const length = span === undefined ? 0 : span.to - span.from
  return {
    ...conditions,
    steps: costs,
    tables: tableCosts(sums, price, tablesOf),
    total: costOf({ step: 'all', stream: undefined, busy, idle }, bronze),
    maintenance: costs.filter(({ step }) => step === 'maintenance').reduce((sum, { total }) => sum + total, 0),
    span,
    month: length < minSpanMs ? undefined : (whole / length) * 30 * dayMs,
    lever: largestLever(steps, price, conditions),
    recorded: all.estimatedCostUsd,
    ahead,
  }
}

/** The tables of a step together. */
function byStep(sums: readonly StepSums[]): readonly StepSums[] {
  const steps = new Map<string, StepSums>()
  for (const { step, stream, busy, idle } of sums) {
    const key = JSON.stringify([step, stream])
    const before = steps.get(key) ?? { step, stream, busy: noRuns, idle: noRuns }
    steps.set(key, { ...before, busy: addRuns(before.busy, busy), idle: addRuns(before.idle, idle) })
  }
  return [...steps.values()]
}
