/** Rejected records: what waits, one whole, replays, purges. */
export { purgeQuarantine } from './purge.js'
export { slicesOf, sliceSql } from './quarantinedRecords.js'
export type { QuarantineFilter } from './quarantineFilter.js'
export { type QuarantineGroup, quarantineGroups } from './quarantineGroups.js'
export { type ReplayOptions, replayQuarantine, type ReplayReport } from './replay.js'
export { type WholeRecord, wholeRecords } from './wholeRecords.js'
