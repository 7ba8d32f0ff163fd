/** An MLflow server: its registry and artifacts read, trainings and models put there. */
export { digestTag, MlflowModelSource } from './mlflowModelSource.js'
export { MlflowServer } from './mlflowServer.js'
export { modelFolder, type TrainedModel } from './modelFolder.js'
export { type AliasMove, previousAlias, takeAliasBack } from './moveAlias.js'
export { openMlflow } from './openMlflow.js'
export { pushModel, type PushOutcome } from './pushModel.js'
export type { RegisteredVersion } from './registry.js'
export { decodeTrainingRecord, finalMetrics, trainingFile, type TrainingRecord } from './trainingFile.js'
