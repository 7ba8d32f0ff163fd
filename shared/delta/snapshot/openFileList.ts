import type { ObjectStore } from '../../storage/index.js'
import { type Action, fileKey } from '../actions/index.js'
import {
  type FileList,
  isUnreadable,
  readCheckpoint,
  readCheckpointState,
  requireSidecars,
} from '../checkpoint/index.js'
import { commitInfoOf, type CommitSpan, type LogSegment, readSpans, versionGap } from '../log/index.js'
import { type BaseReader, findReplay, type Replay } from './replayBase.js'
import { retryAfterLogCleanup } from './retryAfterLogCleanup.js'
import { StateReplay } from './state.js'
import { StringSet } from './stringSet.js'

/** Commits with no more actions than this in all are kept; of more only the state is, and they are read again. */
const keptActions = 20_000

/**
 * `undefined` when there is no table.
 *
 * @throws DeltaError DELTA_VERSION_GAP when its commits are not all there
 */
export function openFileList(store: ObjectStore): Promise<FileList | undefined> {
  return retryAfterLogCleanup(() => open(store))
}

async function open(store: ObjectStore): Promise<FileList | undefined> {
  const found = await findFileListReplay(store)
  if (found === undefined) return undefined
  const { base, segment, version: to } = found
  const { checkpoint } = base
  const from = base.version + 1
  const replay = new StateReplay()
  replay.applyState(base.content)
  const decided = new StringSet()
  let kept: CommitSpan[] | undefined = []
  let count = 0
  let latest = -Infinity
  const datedBy = new Map<number, number>()
  for await (const span of readSpans(store, segment, from, to)) {
    replay.applyState(span.actions)
    survivors(span.actions, -Infinity, file => decided.add(fileKey(file)))
    latest = Math.max(latest, committedAt(span, segment))
    datedBy.set(span.to, latest)
    count += span.actions.length
    if (count > keptActions) kept = undefined
    kept?.push(span)
  }
  const state = replay.finish(to, 0, { table: store.url })
  return {
    state,
    checkpoint,
    async *actions(expiry) {
      if (checkpoint !== undefined) {
        for await (const actions of readCheckpoint(store, checkpoint))
          yield survivors(actions, expiry, file => !decided.has(fileKey(file)))
      }
      const seen = new StringSet()
      const newest = ({ actions, to: version }: CommitSpan) =>
        survivors(actions, expiry, file => seen.add(fileKey(file)), datedBy.get(version))
      if (kept !== undefined) yield* kept.toReversed().map(newest).reverse()
      else for await (const span of readSpans(store, segment, from, to, 'newestFirst')) yield newest(span)
    },
  }
}

/**
 * The file actions that are `undecided` by newer ones, without the tombstones that have expired.
 *
 * @param datedBy when the version of these actions was committed at the earliest. A tombstone with an earlier time was
 * written by a host whose clock is behind; it gets this one, and has not expired
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
    return deletionTimestamp === undefined || datedBy < expiry
      ? []
      : [{ remove: { ...action.remove, deletionTimestamp: datedBy } }]
  })
}

/** A commit's own time, but never later than its file's: a clock that is ahead must not date anything after it. */
function committedAt({ actions, to }: CommitSpan, { commits }: LogSegment): number {
  return Math.min(commitInfoOf(actions)?.timestamp ?? -Infinity, commits.get(to)?.modifiedAt ?? -Infinity)
}

/** Of a checkpoint only the state: its files are streamed when they are asked for. */
function fileListBaseReader(store: ObjectStore): BaseReader<readonly Action[]> {
  return {
    empty: () => [],
    async fromCheckpoint(checkpoint) {
      const state = await readCheckpointState(store, checkpoint)
      // Its files are streamed later, when it is too late to use another checkpoint.
      await requireSidecars(store, checkpoint.version, state)
      return state
    },
  }
}

/** A log without its beginning whose checkpoints are all damaged has a gap, however they are damaged. */
async function findFileListReplay(store: ObjectStore): Promise<Replay<readonly Action[]> | undefined> {
  try {
    return await findReplay(store, fileListBaseReader(store))
  } catch (error) {
    throw isUnreadable(error) ? versionGap(store, 0) : error
  }
}
