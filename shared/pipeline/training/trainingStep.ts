import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { reportPaused } from '../pause/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type Trigger } from '../step/index.js'
import type { TrainOptions } from './trainCandidate.js'
import { trainModel, type TrainOutcome } from './trainModel.js'

/** A training as a step: its report, and what it came to unless it failed. */
export interface TrainingRun {
  readonly report: StepReport
  readonly outcome: TrainOutcome | undefined
}

/**
 * Trains the model of a stream, measured like every step. What there is too little data for is no failure.
 * Never throws: what goes wrong is in the report.
 */
export async function runTraining(
  lake: Lake,
  stream: Stream,
  trigger: Trigger,
  options: TrainOptions & { readonly register?: boolean | undefined },
): Promise<TrainingRun> {
  const run = startStep(lake, { step: 'training', stream: stream.name, trigger })
  const training = trainModel(lake, stream, options)
  const report = await reportStep(lake, run, resultOf(lake, stream, training))
  return { report, outcome: report.outcome === 'failed' ? undefined : await training }
}

async function resultOf(lake: Lake, stream: Stream, training: Promise<TrainOutcome>): Promise<StepResult> {
  const outcome = await training
  const version = undefined
  if (outcome.kind === 'refused') {
    lake.log.warn(`Nothing was trained for ${stream.name}: ${outcome.why}`, { stream: stream.name })
    return { rowsIn: 0, rowsOut: 0, version, detail: { refused: outcome.why } }
  }
  const { model, rows, evaluation, promoted, why, note } = outcome
  if (note !== undefined) lake.log.info(`The model of ${stream.name}: ${note}`, { stream: stream.name })
  return {
    rowsIn: rows,
    rowsOut: 0,
    version,
    detail: { model, modelVersion: outcome.version ?? 'none', auc: evaluation.auc, promoted, why },
  }
}

/** Trains, registers and perhaps promotes the models of all streams that declare one. */
export async function runTrainings(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams) {
    if (stream.model === undefined) continue
    const paused = await reportPaused(lake, { step: 'training', stream: stream.name, trigger })
    reports.push(paused ?? (await runTraining(lake, stream, trigger, { register: true })).report)
  }
  return reports
}
