/** Reading checkpoints, and writing one of a list of files; of a table as it is now: `writeCheckpoint` of the room `table`. */
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
