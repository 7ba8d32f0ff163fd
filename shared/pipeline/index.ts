/** What the functions do, free of Azure's types. */
export { type PartitionReset, planReset, resetOffsets, type ResetPlan } from './bronze/index.js'
export {
  catchUp,
  ingestBatch,
  refreshModels,
  runGold,
  runMaintenance,
  runMonitor,
  runPipeline,
  runSilver,
  runTask,
  runTrainings,
} from './steps.js'
