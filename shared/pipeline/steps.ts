import { catchUp } from './bronze/bronzeStep.js'
import { runGold } from './gold/goldStep.js'
import type { Lake } from './lake/lake.js'
import { runMonitor } from './monitor/monitorStep.js'
import { runSilver } from './silver/silverStep.js'
import type { PipelineReport } from './step/stepReport.js'
import type { Trigger } from './step/stepRun.js'

export { catchUp, ingestBatch } from './bronze/bronzeStep.js'
export { runGold } from './gold/goldStep.js'
export { runMaintenance } from './maintenance/maintenanceStep.js'
export { runMonitor } from './monitor/monitorStep.js'
export { runSilver } from './silver/silverStep.js'

/**
 * One run of the whole pipeline, in order: bronze catches up with Kafka, silver with bronze, gold with silver, and the
 * monitor looks at the result. A step that fails does not keep the next from doing what it can.
 */
export async function runPipeline(lake: Lake, trigger: Trigger): Promise<PipelineReport> {
  const startedAt = new Date(lake.clock.now()).toISOString()
  const steps = [
    ...(await catchUp(lake, trigger)),
    ...(await runSilver(lake, trigger)),
    ...(await runGold(lake, trigger)),
    ...(await runMonitor(lake, trigger)),
  ]
  const endedAt = new Date(lake.clock.now()).toISOString()
  return { startedAt, endedAt, ok: steps.every(step => step.outcome !== 'failed'), steps }
}
