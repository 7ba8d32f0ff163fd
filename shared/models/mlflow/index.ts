/** An MLflow server: its registry and artifacts read, trainings and models put there. */
export {
  decodeTrainingRecord,
  encodeTrainingRecord,
  type TrainingDataset,
  trainingFile,
  type TrainingMetric,
  type TrainingRecord,
  type TrainingRecordInput,
} from './trainingRecord.js'
