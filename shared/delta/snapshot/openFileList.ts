import type { ObjectStore } from '../../storage/index.js'
import { type Action, fileKey } from '../actions/index.js'
import {
  type FileList,
  isUnreadable,
  readCheckpoint,
  readCheckpointHint,
  readCheckpointState,
  requireSidecars,
} from '../checkpoint/index.js'
import { type CheckpointFiles, commitInfoOf, listLog, type LogListing, type LogSegment, readSegments, versionGap } from '../log/index.js'
import { withSecondLook } from './retryAfterLogCleanup.js'
import { requireCommits } from './replayBase.js'
import { StateReplay } from './state.js'
import { TextSet } from './stringSet.js'

/** Commits with no more actions than this in all are kept; of more only the state is, and they are read again. */
const keptActions = 20_000

/** `undefined` when there is no table. Throws DELTA_VERSION_GAP when its commits are not all there. */
export function openFileList(store: ObjectStore): Promise<FileList | undefined> {
  return withSecondLook(() => open(store))
}

async function open(store: ObjectStore): Promise<FileList | undefined> {
  const base = await findBase(store)
  if (base === undefined) return undefined
  const { checkpoint, listing } = base
  const from = (checkpoint?.version ?? -1) + 1
  const to = listing.tip
  const replay = new StateReplay()
  replay.applyState(base.state)
  const decided = new TextSet()
  let kept: LogSegment[] | undefined = []
  let count = 0
  let latest = -Infinity
  const datedBy = new Map<number, number>()
  for await (const segment of readSegments(store, listing, from, to)) {
    replay.applyState(segment.actions)
    survivors(segment.actions, -Infinity, file => decided.add(fileKey(file)))
    latest = Math.max(latest, committedAt(segment, listing))
    datedBy.set(segment.to, latest)
    count += segment.actions.length
    if (count > keptActions) kept = undefined
    kept?.push(segment)
  }
  const state = replay.finish(to, 0, { table: store.url })
  return {
    state,
    checkpoint,
    async *actions(expiry) {
      if (checkpoint !== undefined) {
        for await (const actions of readCheckpoint(store, checkpoint)) yield survivors(actions, expiry, file => !decided.has(fileKey(file)))
      }
      const seen = new TextSet()
      const newest = ({ actions, to: version }: LogSegment) =>
        survivors(actions, expiry, file => seen.add(fileKey(file)), datedBy.get(version))
      if (kept !== undefined) yield* kept.toReversed().map(newest).reverse()
      else for await (const segment of readSegments(store, listing, from, to, 'newestFirst')) yield newest(segment)
    },
  }
}

/**
 * The file actions that are `undecided` by newer ones, without the tombstones that have expired.
 *
 * @param datedBy when the version of these actions was committed at the earliest. A tombstone that says an earlier time
 * was written by a host whose clock is behind; it gets this one, and has not expired
 */
function survivors(
  actions: readonly Action[],
  expiry: number,
  undecided: (file: Parameters<typeof fileKey>[0]) => boolean,
  datedBy = -Infinity,
): Action[] {
  return actions.flatMap((action): Action[] => {
    if ('add' in action) return undecided(action.add) ? [action] : []
    if (!('remove' in action) || !undecided(action.remove)) return []
    const { deletionTimestamp } = action.remove
    if ((deletionTimestamp ?? 0) >= expiry) return [action]
    return deletionTimestamp === undefined || datedBy < expiry ? [] : [{ remove: { ...action.remove, deletionTimestamp: datedBy } }]
  })
}

/** What a commit says of its time, which is never later than its file's: a clock that is ahead dates nothing after it. */
function committedAt({ actions, to }: LogSegment, { commits }: LogListing): number {
  return Math.min(commitInfoOf(actions)?.timestamp ?? -Infinity, commits.get(to)?.modifiedAt ?? -Infinity)
}

interface Base {
  readonly checkpoint: CheckpointFiles | undefined
  readonly state: readonly Action[]
  readonly listing: LogListing
}

async function findBase(store: ObjectStore): Promise<Base | undefined> {
  const hint = await readCheckpointHint(store)
  if (hint !== undefined) {
    const base = await baseFrom(store, await listLog(store, hint.version))
    if (base !== undefined) return base
  }
  const listing = await listLog(store)
  if (listing.tip < 0) return undefined
  const base = await baseFrom(store, listing)
  if (base === undefined) throw versionGap(store, 0)
  return base
}

async function baseFrom(store: ObjectStore, listing: LogListing): Promise<Base | undefined> {
  for (const checkpoint of listing.checkpoints.toReversed()) {
    requireCommits(store, listing, checkpoint.version + 1, listing.tip)
    try {
      const state = await readCheckpointState(store, checkpoint)
      // Its files are streamed later, when no other checkpoint can stand in any more.
      await requireSidecars(store, checkpoint.version, state)
      return { checkpoint, listing, state }
    } catch (error) {
      if (!isUnreadable(error)) throw error
    }
  }
  if (!listing.commits.has(0)) return undefined
  requireCommits(store, listing, 0, listing.tip)
  return { checkpoint: undefined, listing, state: [] }
}
