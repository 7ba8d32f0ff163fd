/** A run of a step: its report, its record, its failure. */
export { requireSuccess } from './requireSuccess.js'
export type { PipelineReport, StepReport } from './stepReport.js'
export { runStep, type StepCounts, type StepResult, StepRun, type Trigger } from './stepRun.js'
