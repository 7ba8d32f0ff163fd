/** What became of rejected records, and the rows that replays brought. */
export { countQuarantine, type Waiting } from './quarantineCounts.js'
export { hasRecordedReplays, loadRecordedReplays, openOutcomes } from './recordedReplays.js'
export { nextSequence, placeOf, recordedReplays, recordOutcomes, type RecordPlace } from './recordOutcomes.js'
export { inRanges, recordRanges } from './recordRanges.js'
export { nextReplay, replayJson, replaysOf, type ResolutionNote } from './replayLog.js'
