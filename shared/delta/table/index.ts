/** A table as an object, and how one is created. */
export { checkpointIfDue } from './checkpointIfDue.js'
export {
  clusteringAction,
  clusteringColumns,
  clusteringDomain,
  clusteringProvider,
  logicalPaths,
  setClusteringInstead,
  storedPath,
} from './clusteringColumns.js'
export { createTable, type TableDefinition } from './createTable.js'
export { DeltaTable, type TableOptions } from './table.js'
export { draftOf, finishDraft, mappedDraft, type RowCheck, startsTracking, type TableDraft } from './tableDraft.js'
export { checkPartitioning } from './tableSpecRules.js'
export type { CheckpointOutcome } from './writeCheckpoint.js'
