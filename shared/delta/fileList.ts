import type { ObjectStore } from '../storage/objectStore.js'
import type { Action } from './actions.js'
import { isUnreadable, readCheckpoint, readCheckpointState } from './checkpoint.js'
import { readCheckpointHint } from './checkpointHint.js'
import { readCommitFiles, versionGap } from './commit.js'
import { FileReplay } from './fileReplay.js'
import { listLog, type CheckpointFiles, type LogListing } from './logListing.js'
import { requireCommits } from './startingPoint.js'
import { StateReplay, type TableState } from './state.js'

/**
 * A table at its newest version whose file list is streamed, not held: what is in memory is one row group of the
 * checkpoint and the file actions of the commits after it, however many files the table has.
 */
export interface FileList {
  /** Without a timestamp: 0. */
  readonly state: TableState
  /** What the list is read from; absent when the log is there from its beginning and holds no checkpoint. */
  readonly checkpoint: CheckpointFiles | undefined
  /**
   * Every live `add`, and every `remove` made at `expiry` (milliseconds since 1970) or later, a part at a time. Each
   * call reads the list anew, as of the same version.
   */
  actions(expiry: number): AsyncGenerator<Action[], void>
}

/** `undefined` when there is no table. Throws DELTA_VERSION_GAP when its commits are not all there. */
export async function openFileList(store: ObjectStore): Promise<FileList | undefined> {
  const base = await findBase(store)
  if (base === undefined) return undefined
  const { checkpoint, version } = base
  const replay = new StateReplay()
  replay.applyState(base.state)
  const later = new FileReplay()
  for await (const commit of readCommitFiles(store, (checkpoint?.version ?? -1) + 1, version)) {
    replay.applyState(commit.actions)
    later.apply(commit.actions)
  }
  const state = replay.finish(version, 0, { table: store.url })
  return {
    state,
    checkpoint,
    async *actions(expiry) {
      if (checkpoint !== undefined) yield* survivors(store, checkpoint, later, expiry)
      yield later.adds().map(add => ({ add }))
      yield later.tombstones(expiry).map(remove => ({ remove }))
    },
  }
}

interface Base {
  readonly checkpoint: CheckpointFiles | undefined
  readonly state: readonly Action[]
  /** The newest version of the table. */
  readonly version: number
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
  const version = listing.tip
  for (const checkpoint of listing.checkpoints.toReversed()) {
    requireCommits(store, listing, checkpoint.version + 1, version)
    try {
      return { checkpoint, version, state: await readCheckpointState(store, checkpoint) }
    } catch (error) {
      if (!isUnreadable(error)) throw error
    }
  }
  if (!listing.commits.has(0)) return undefined
  requireCommits(store, listing, 0, version)
  return { checkpoint: undefined, version, state: [] }
}

/** The file actions of a checkpoint that the commits after it say nothing about. */
async function* survivors(
  store: ObjectStore,
  checkpoint: CheckpointFiles,
  later: FileReplay,
  expiry: number,
): AsyncGenerator<Action[], void> {
  for await (const actions of readCheckpoint(store, checkpoint)) {
    yield actions.filter(action => {
      if ('add' in action) return !later.decides(action.add)
      if ('remove' in action) return (action.remove.deletionTimestamp ?? 0) >= expiry && !later.decides(action.remove)
      return false
    })
  }
}
