/** Rejected records: what waits, one whole, replays, purges. */
export type { Remaining } from './judgeRecord.js'
export { purgeQuarantine } from './purge.js'
export type { QuarantineFilter } from './quarantineFilter.js'
export { type QuarantineGroup, quarantineGroups } from './quarantineGroups.js'
export { type RemainingGroup, type ReplayOptions, replayQuarantine, type ReplayReport } from './replay.js'
export { type WholeRecord, wholeRecords } from './wholeRecords.js'
