import { parseInterval } from './interval.js'

/** How long the log remembers removed files (`delta.deletedFileRetentionDuration`). */
const property = 'delta.deletedFileRetentionDuration'
/** What it is where the table does not say. */
export const defaultTombstoneRetention = 'interval 1 week'

/**
 * Files removed before this moment (milliseconds since 1970) need no tombstone any more. Where the table's property is
 * invalid, tombstones never expire.
 */
export function tombstoneExpiry(configuration: Readonly<Record<string, string>>, now: number): number {
  try {
    return now - parseInterval(configuration[property] ?? defaultTombstoneRetention, property)
  } catch {
    return -Infinity
  }
}
