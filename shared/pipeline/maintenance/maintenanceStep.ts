import { tablesOf } from '../accounting/logTables.js'
import { readCheckpointHint } from '../../delta/checkpointHint.js'
import type { Lake } from '../lake.js'
import type { StepReport } from '../stepReport.js'
import { runStep, type StepResult, type Trigger } from '../stepRun.js'

/** Keeps every table quick to open: a checkpoint where many commits have gathered since the last one. */
export async function runMaintenance(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams) {
    reports.push(await runStep(lake, { step: 'maintenance', stream: stream.name, trigger }, () => maintain(lake, tablesOf(stream))))
  }
  reports.push(await runStep(lake, { step: 'maintenance', trigger }, () => maintain(lake, ['monitor_logs', 'cluster_logs'])))
  return reports
}

async function maintain(lake: Lake, paths: readonly string[]): Promise<StepResult> {
  let checkpoints = 0
  let version: number | undefined
  for (const path of paths) {
    const table = lake.table(path)
    const state = await table.state({ fresh: true })
    if (state === undefined) continue
    const last = (await readCheckpointHint(table.store))?.version ?? -1
    if (state.version - last < lake.settings.checkpointInterval) continue
    const outcome = await table.writeCheckpoint()
    if (outcome.kind !== 'written') continue
    checkpoints++
    version = outcome.version
  }
  return { rowsIn: 0, rowsOut: 0, version, detail: { checkpoints } }
}
