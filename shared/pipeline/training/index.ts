/** Models trained on silver, measured, registered and promoted; a row of `model_runs` for each. */
export { type ChampionMove, promoteChampion, rollbackChampion } from './championMove.js'
export type { ChampionEvaluation } from './championScores.js'
export { listModels, type ModelSummary } from './modelList.js'
export { modelRunsTable } from './modelRuns.js'
export { type LakeModel, lakeModelOf } from './streamModels.js'
export { pushVersion, type Tracking } from './tracking.js'
export { runTraining, runTrainings, type TrainingRun } from './trainingStep.js'
export type { TrainOutcome } from './trainModel.js'
