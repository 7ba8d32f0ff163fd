import { catchUp } from './bronze/index.js'
import type { Lake } from './lake/index.js'
import { runMonitor as observeTables } from './monitor/index.js'
import { runSilver } from './silver/index.js'
import type { PipelineReport, StepReport, Trigger } from './step/index.js'

export { catchUp, ingestBatch } from './bronze/index.js'
export { runMaintenance } from './maintenance/index.js'
export { runSilver } from './silver/index.js'

/** Gold of every stream. Models and what they are scored with are loaded by the first run. */
export async function runGold(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return (await import('./gold/index.js')).runGold(lake, trigger)
}

/** Copies of the servers' models that are new; loaded by the first run, as gold is. */
export async function refreshModels(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return (await import('./models/index.js')).refreshModels(lake, trigger)
}

/** A run of the monitor; what it has found is then in the lake's overview too, for the page. */
export async function runMonitor(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  const reports = await observeTables(lake, trigger)
  await (await import('./overview/index.js')).renewOverview(lake)
  return reports
}

/** Trainings of all streams with a model. What trains is loaded by the first run. */
export async function runTrainings(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return (await import('./training/index.js')).runTrainings(lake, trigger)
}

/**
 * One run of the whole pipeline, in order: bronze catches up with Kafka, silver with bronze, new models are fetched, gold
 * catches up with silver, and the monitor checks the result. A step that fails does not keep the next from doing what it can.
 */
export async function runPipeline(lake: Lake, trigger: Trigger): Promise<PipelineReport> {
  const startedAt = new Date(lake.clock.now()).toISOString()
  const steps = [
    ...(await catchUp(lake, trigger)),
    ...(await runSilver(lake, trigger)),
    ...(await refreshModels(lake, trigger)),
    ...(await runGold(lake, trigger)),
    ...(await runMonitor(lake, trigger)),
  ]
  const endedAt = new Date(lake.clock.now()).toISOString()
  return { startedAt, endedAt, ok: steps.every(step => step.outcome !== 'failed'), steps }
}
