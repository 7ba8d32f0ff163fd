/** A run of a step: its report, its record, its failure. */
export { reportStep } from './reportStep.js'
export { requireSuccess } from './requireSuccess.js'
export type { PipelineReport, StepReport } from './stepReport.js'
export { startStep, type StepCounts, type StepResult, type StepRun, type Trigger } from './stepRun.js'
