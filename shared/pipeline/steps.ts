import { execution } from '../telemetry/index.js'
import { catchUp as catchUpStreams } from './bronze/index.js'
import type { Lake } from './lake/index.js'
import { runMonitor as observeTables } from './monitor/index.js'
import { runSilver as refineStreams } from './silver/index.js'
import { job, type PipelineReport, type StepReport, taskOf, type Trigger } from './step/index.js'

export { ingestBatch } from './bronze/index.js'

/** Bronze of every stream from Kafka, beside the trigger. */
export const catchUp: typeof catchUpStreams = (lake, ...how) =>
  execution(lake.clock, () => catchUpStreams(lake, ...how))

/** Silver of every stream. */
export function runSilver(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, () => refineStreams(lake, trigger))
}

/** Gold of every stream. Models and what they are scored with are loaded by the first run. */
export function runGold(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, async () => (await import('./gold/index.js')).runGold(lake, trigger))
}

/** Copies of the servers' models that are new; loaded by the first run, as gold is. */
export function refreshModels(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, async () => (await import('./models/index.js')).refreshModels(lake, trigger))
}

/** A run of the monitor; what it has found is then in the lake's overview too, for the page. */
export function runMonitor(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, async () => {
    const reports = await observeTables(lake, trigger)
    await (await import('./overview/index.js')).renewOverview(lake)
    return reports
  })
}

/** Maintenance of every table; compaction and what it sorts with are loaded by the first run. */
export function runMaintenance(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, async () => {
    const { collectGarbage, runMaintenance } = await import('./maintenance/index.js')
    return runMaintenance(lake, trigger, collectGarbage)
  })
}

/** Trainings of all streams with a model. What trains is loaded by the first run. */
export function runTrainings(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return execution(lake.clock, async () => (await import('./training/index.js')).runTrainings(lake, trigger))
}

/** A step that is a task of the job. */
type TaskStep = (typeof job)['tasks'][number]['step']

const runners: Readonly<Record<TaskStep, (lake: Lake, trigger: Trigger) => Promise<readonly StepReport[]>>> = {
  bronze: catchUp,
  silver: runSilver,
  models: refreshModels,
  gold: runGold,
  monitor: runMonitor,
}

/** One task of the job, for every stream; bronze catches up with Kafka. */
export async function runTask(lake: Lake, step: TaskStep, trigger: Trigger): Promise<readonly StepReport[]> {
  const reports = await runners[step](lake, trigger)
  return reports.map(report => ({ task: taskOf(report.step), ...report }))
}

/**
 * One run of the whole pipeline, in order: bronze catches up with Kafka, silver with bronze, new models are fetched, gold
 * catches up with silver, and the monitor checks the result. A step that fails does not keep the next from doing what it can.
 *
 * @param from the task to begin with; the first when absent
 */
export function runPipeline(lake: Lake, trigger: Trigger, from: TaskStep = 'bronze'): Promise<PipelineReport> {
  return execution(lake.clock, () => runTasks(lake, trigger, from))
}

async function runTasks(lake: Lake, trigger: Trigger, from: TaskStep): Promise<PipelineReport> {
  const startedAt = new Date(lake.clock.now()).toISOString()
  const first = job.tasks.findIndex(({ step }) => step === from)
  const steps: StepReport[] = []
  for (const { step } of job.tasks.slice(first)) steps.push(...(await runTask(lake, step, trigger)))
  const endedAt = new Date(lake.clock.now()).toISOString()
  return { job: job.name, startedAt, endedAt, ok: steps.every(step => step.outcome !== 'failed'), steps }
}
