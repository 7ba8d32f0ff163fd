import { type Commit, commitInfoOf } from '../../delta/index.js'
import { inWords } from '../../types/index.js'
import type { Lake } from '../lake/index.js'

/** How far clocks were seen to be off the storage's, milliseconds; 0 where none was. */
export interface Skew {
  readonly ahead: number
  readonly behind: number
}

/** No difference seen. */
export const noSkew: Skew = { ahead: 0, behind: 0 }

/** A writer's time is taken before its commit is sent: later than the file's it can never be, earlier it may be. */
const aheadMs = 5_000
const behindMs = 60_000

/** What a commit shows of its writer's clock. */
export function skewOf({ actions, modifiedAt }: Commit): Skew {
  if (modifiedAt === undefined) return noSkew
  const recorded = commitInfoOf(actions)?.timestamp
  const times = actions.flatMap(action => ('txn' in action ? (action.txn.lastUpdated ?? []) : []))
  const ahead = Math.max(...times, recorded ?? -Infinity) - modifiedAt
  const behind = modifiedAt - (recorded ?? Infinity)
  return { ahead: ahead > aheadMs ? ahead : 0, behind: behind > behindMs ? behind : 0 }
}

/** What this host's clock shows against the storage's. */
export async function ownSkew({ clock, store }: Lake): Promise<Skew> {
  const before = clock.now()
  const now = await store.now()
  const after = clock.now()
  return { ahead: before - now > aheadMs ? before - now : 0, behind: now - after > aheadMs ? now - after : 0 }
}

/** The worst of two. */
export function worseSkew(a: Skew, b: Skew): Skew {
  return { ahead: Math.max(a.ahead, b.ahead), behind: Math.max(a.behind, b.behind) }
}

/** In words, one for each direction; none where nothing was seen. */
export function skewSentences(whose: string, { ahead, behind }: Skew): readonly string[] {
  return [
    ...(ahead > 0 ? [`${whose} is ${inWords(ahead / 1000)} ahead of the storage's clock`] : []),
    ...(behind > 0 ? [`${whose} is ${inWords(behind / 1000)} behind the storage's clock`] : []),
  ]
}
