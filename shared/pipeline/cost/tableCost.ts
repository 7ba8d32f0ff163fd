import { type CostParts, totalCost } from '../../telemetry/index.js'
import { addRuns, noRuns, type RunSums, type StepSums } from './costLedger.js'

/** What one table cost: the runs that write it, and those that maintain it. US dollars. */
export interface TableCost {
  /** As SQL names it; undefined for runs that are about several tables, or none: these are by step. */
  readonly table: string | undefined
  readonly stream: string | undefined
  /** What its runs do, the dearest first. */
  readonly steps: readonly string[]
  readonly runs: number
  /** Rows and bytes that were written, without those that maintenance wrote once more. */
  readonly rowsOut: number
  readonly bytesOut: number
  readonly compute: number
  readonly storage: number
  /** Compaction, checkpoints, clean-up: a part of the total. */
  readonly maintenance: number
  readonly total: number
  /** 0 to 1 of all. */
  readonly share: number
  /** The total per million rows written; undefined without rows. */
  readonly perMillionRows: number | undefined
  readonly perGigabyte: number | undefined
}

interface Sums {
  readonly table: string | undefined
  readonly stream: string | undefined
  readonly steps: Map<string, number>
  all: RunSums
  maintenance: RunSums
}

/**
 * The runs by the table that they say they are about. One that does not say is of the table of its step, where that is one;
 * else it is by its step, as a row of its own. Every run is counted once. Pure.
 */
export function tableCosts(
  sums: readonly StepSums[],
  price: (sums: RunSums) => CostParts,
  tablesOf: (step: string, stream: string | undefined) => readonly string[],
): readonly TableCost[] {
  const tables = new Map<string, Sums>()
  for (const { step, stream, table: said, busy, idle } of sums) {
    const all = addRuns(busy, idle)
    const known = tablesOf(step, stream)
    const table = said ?? (known.length === 1 ? known[0] : undefined)
    const key = JSON.stringify(table === undefined ? [step, stream] : [table])
    const before = tables.get(key) ?? {
      table,
      stream,
      steps: new Map<string, number>(),
      all: noRuns,
      maintenance: noRuns,
    }
    before.steps.set(step, (before.steps.get(step) ?? 0) + totalCost(price(all)))
    before.all = addRuns(before.all, all)
    if (step === 'maintenance') before.maintenance = addRuns(before.maintenance, all)
    tables.set(key, before)
  }
  const costs = [...tables.values()].map(sum => costOf(sum, price))
  const whole = costs.reduce((sum, { total }) => sum + total, 0)
  return costs.map(cost => ({ ...cost, share: whole === 0 ? 0 : cost.total / whole })).sort((a, b) => b.total - a.total)
}

function costOf({ table, stream, steps, all, maintenance }: Sums, price: (sums: RunSums) => CostParts): TableCost {
  const parts = price(all)
  const total = totalCost(parts)
  const rowsOut = all.rowsOut - maintenance.rowsOut
  const bytesOut = all.bytesOut - maintenance.bytesOut
  return {
    table,
    stream,
    steps: [...steps].sort(([, a], [, b]) => b - a).map(([step]) => step),
    runs: all.runs,
    rowsOut,
    bytesOut,
    compute: parts.compute + parts.minimum + parts.executions,
    storage: parts.reads + parts.writes + parts.lists + parts.deletes,
    maintenance: totalCost(price(maintenance)),
    total,
    share: 0,
    perMillionRows: rowsOut === 0 ? undefined : (total / rowsOut) * 1e6,
    perGigabyte: bytesOut === 0 ? undefined : (total / bytesOut) * 1e9,
  }
}
