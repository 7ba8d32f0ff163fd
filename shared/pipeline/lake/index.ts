/** A lake: its stores, its streams' tables, its settings. */
export type { HeldBytes } from './byteBudget.js'
export type { Lake } from './lake.js'
export { openLake } from './openLake.js'
export {
  maintenanceSessions,
  openSession,
  type PieceBounds,
  pieceBounds,
  sessionOptions,
  sortableBytes,
  type SortingSessions,
} from './openSession.js'
export { PipelineError } from './pipelineError.js'
export { closeProcessLake, processLake } from './processLake.js'
export { journalFolder } from './runJournal.js'
export { folderOpener, storeOptions } from './storeOptions.js'
export { untilCommitted } from './untilCommitted.js'
