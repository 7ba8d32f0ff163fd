/** How long the log remembers removed files (`delta.deletedFileRetentionDuration`). Pure; no I/O. */
const defaultMs = 7 * 24 * 60 * 60 * 1_000

/** Files removed before this moment (milliseconds since 1970) need not be remembered any more. */
export function tombstoneExpiry(_configuration: Readonly<Record<string, string>>, now: number): number {
  return now - defaultMs
}
