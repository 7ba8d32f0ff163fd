/** An MLflow server: its registry and artifacts read, trainings and models put there. */
export { logTraining, type TrackedVersion, type TrackingTarget, type TrainedModel } from './logTraining.js'
export { MlflowError } from './mlflowError.js'
export { type MlflowModel, MlflowModelSource } from './mlflowModelSource.js'
export { type MlflowOptions, MlflowServer } from './mlflowServer.js'
export { openMlflow } from './openMlflow.js'
export { pushModel, type PushOutcome } from './pushModel.js'
export {
  decodeTrainingRecord,
  encodeTrainingRecord,
  type TrainingDataset,
  trainingFile,
  type TrainingMetric,
  type TrainingRecord,
  type TrainingRecordInput,
} from './trainingRecord.js'
