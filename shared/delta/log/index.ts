/** The `_delta_log` folder: names, listings, commits. */
export {
  type Commit,
  type CommitFile,
  commitInfoOf,
  commitTimestamp,
  inCommitTimestampOf,
  readCommitFile,
  readCommitFiles,
  readCommits,
  versionGap,
} from './commit.js'
export { type CommitSpan, readSpans } from './commitSpan.js'
export { type HistoryEntry, readHistory } from './history.js'
export {
  checksumPath,
  classicCheckpointPath,
  commitPath,
  compactedPath,
  lastCheckpointPath,
  logFolder,
  parseLogName,
  sidecarFolder,
  v2CheckpointPath,
  type VersionRange,
} from './logName.js'
export { type CheckpointFiles, listLog, type LogSegment } from './logSegment.js'
export { findTables } from './tableDiscovery.js'
