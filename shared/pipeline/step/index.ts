/** A run of a step: its report, its record, its failure; the job that the steps are tasks of. */
export { job, taskOf } from './job.js'
export { reportStep } from './reportStep.js'
export { requireSuccess } from './requireSuccess.js'
export type { PipelineReport, StepReport } from './stepReport.js'
export { startStep, type StepCounts, type StepResult, type StepRun, type StepStart, type Trigger } from './stepRun.js'
