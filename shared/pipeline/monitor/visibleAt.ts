import { type Commit, commitInfoOf } from '../../delta/index.js'

/**
 * When a commit's rows became visible, milliseconds since 1970. A blob's time is in whole seconds, cut off, which would
 * make every row half a second fresher than it is: within that second the writer's own clock decides. A writer whose clock
 * is off moves it by less than a second.
 *
 * @example
 * visibleAt({ version: 1, timestamp: 5_000, modifiedAt: 5_000, actions: [{ commitInfo: { timestamp: 5_320 } }] }) // 5320
 */
export function visibleAt({ timestamp, modifiedAt, actions }: Commit): number {
  const { timestamp: written, inCommitTimestamp } = commitInfoOf(actions) ?? {}
  if (inCommitTimestamp !== undefined || modifiedAt === undefined || modifiedAt % 1000 !== 0) return timestamp
  return Math.max(timestamp, Math.min(written ?? timestamp, modifiedAt + 999))
}
