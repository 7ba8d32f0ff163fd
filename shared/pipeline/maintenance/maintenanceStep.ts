import { resolvedPath, sqlName, tablesOf } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { reportPaused } from '../pause/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type Trigger } from '../step/index.js'
import { ConsumerPositions } from './consumerPositions.js'
import { type MaintainedTable, maintainTable } from './tableMaintenance.js'

/**
 * Keeps every table quick to open, to read and to list. One report a table: what fails in one does not hold up the others.
 * Tables of a paused stream are left alone, with one report for all of them.
 *
 * @param collect called behind each table of which rows were rewritten ({@link collectGarbage}): what that took would be
 * there beside what the next one takes
 */
export async function runMaintenance(
  lake: Lake,
  trigger: Trigger,
  collect: () => Promise<void> = () => Promise.resolve(),
): Promise<readonly StepReport[]> {
  let consumers: Promise<ConsumerPositions> | undefined
  const reports: StepReport[] = []
  const paused = new Set<string>()
  for (const table of maintainedTables(lake)) {
    const start = { step: 'maintenance', stream: table.stream?.name, trigger } as const
    if (start.stream !== undefined) {
      if (paused.has(start.stream)) continue
      const report = await reportPaused(lake, { ...start, stream: start.stream })
      if (report !== undefined) {
        if (report.outcome === 'paused') paused.add(start.stream)
        reports.push(report)
        continue
      }
    }
    const run = startStep(lake, { ...start, table: sqlName(table.path) })
    consumers ??= ConsumerPositions.read(lake)
    const report = await reportStep(lake, run, maintainBehind(lake, table, consumers))
    reports.push(report)
    if (report.rowsOut > 0) await collect()
  }
  return reports
}

async function maintainBehind(
  lake: Lake,
  table: MaintainedTable,
  consumers: Promise<ConsumerPositions>,
): Promise<StepResult> {
  return maintainTable(lake, table, await consumers)
}

/** Every table of the lake, whether it exists yet or not. */
export function maintainedTables({ streams }: Pick<Lake, 'streams'>): readonly MaintainedTable[] {
  return [
    ...streams.flatMap(stream => [...tablesOf(stream), resolvedPath(stream)].map(path => ({ path, stream }))),
    { path: 'monitor_logs', stream: undefined },
    { path: 'cluster_logs', stream: undefined },
    { path: 'model_runs', stream: undefined },
  ]
}
