/** Reading and writing checkpoints. */
export {
  isUnreadable,
  readCheckpoint,
  readCheckpointParts,
  readCheckpointState,
  requireSidecars,
  sidecarPath,
} from './checkpoint.js'
export { readCheckpointHint } from './checkpointHint.js'
export { type CheckpointOptions, writeCheckpointOf, type WrittenCheckpointOutcome } from './checkpointWriter.js'
export type { FileList } from './fileList.js'
