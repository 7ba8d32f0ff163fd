import type { ObjectStore } from '../../storage/index.js'
import type { AddFile, RemoveFile } from '../actions/index.js'
import { readCheckpointParts } from '../checkpoint/index.js'
import { type CommitFile, commitTimestamp, readCommitFile, readSpans } from '../log/index.js'
import { type TableState, tombstoneExpiry } from '../protocol/index.js'
import { FileReplay } from './fileReplay.js'
import { type BaseReader, findReplay } from './replayBase.js'
import { retryAfterLogCleanup } from './retryAfterLogCleanup.js'
import { StateReplay } from './state.js'

/** A table at one version with its files. */
export interface Snapshot extends TableState {
  readonly files: readonly AddFile[]
  /** Files that were removed and are kept for readers of older versions, until they expire. */
  readonly tombstones: readonly RemoveFile[]
  readonly numFiles: number
  readonly sizeInBytes: bigint
}

/**
 * The table at `version`, or at its newest. `undefined` when there is no table; DELTA_NO_VERSION when there is one
 * without that version, or when its log no longer reaches back so far.
 * @param now milliseconds since 1970, for the expiry of tombstones
 */
export function readSnapshot(store: ObjectStore, now: number, version?: number): Promise<Snapshot | undefined> {
  return retryAfterLogCleanup(() => read(store, now, version))
}

async function read(store: ObjectStore, now: number, wanted?: number): Promise<Snapshot | undefined> {
  const found = await findReplay(store, snapshotBaseReader(store), wanted)
  if (found === undefined) return undefined
  const { base, segment, version } = found
  const { state, listed } = base.content
  const files = new FileReplay()
  let last: CommitFile | undefined
  for await (const { from, to, actions } of readSpans(store, segment, base.version + 1, version)) {
    state.applyState(actions)
    files.apply(actions)
    last = from === to ? { version: to, actions } : undefined
  }
  const modifiedAt = segment.commits.get(version)?.modifiedAt ?? base.checkpoint?.files.at(-1)?.modifiedAt
  // It may be a large commit, and without in-commit timestamps nothing more is needed of it.
  if (last === undefined && state.keepsTime && segment.commits.has(version)) last = await readCommitFile(store, version)
  const timestamp = last === undefined ? (modifiedAt ?? 0) : await commitTimestamp(store, last, modifiedAt)
  return finishSnapshot(state.finish(version, timestamp, { table: store.url }), listed, files, now)
}

/** The snapshot that a state makes with a checkpoint's files and what the commits since then have decided. */
function finishSnapshot(state: TableState, listed: ListedFiles, later: FileReplay, now: number): Snapshot {
  const expiry = tombstoneExpiry(state.metadata.configuration, now)
  const files = later.isEmpty ? listed.adds : [...listed.adds.filter(add => !later.decides(add)), ...later.adds()]
  const tombstones = listed.removes.filter(
    remove => (remove.deletionTimestamp ?? 0) >= expiry && !later.decides(remove),
  )
  const numFiles = files.length
  const sizeInBytes = totalSize(files)
  return {
    ...state,
    totals: { numFiles, sizeInBytes },
    files,
    tombstones: [...tombstones, ...later.tombstones(expiry)],
    numFiles,
    sizeInBytes,
  }
}

/** Exact; many sizes are added as numbers before they are added as a bigint. */
function totalSize(files: readonly AddFile[]): bigint {
  let whole = 0n
  let part = 0
  for (const { size } of files) {
    if (part + size > Number.MAX_SAFE_INTEGER) {
      whole += BigInt(part)
      part = 0
    }
    part += size
  }
  return whole + BigInt(part)
}

interface SnapshotBase {
  readonly state: StateReplay
  readonly listed: ListedFiles
}

/** The file actions of a checkpoint, which names no file twice. */
interface ListedFiles {
  readonly adds: readonly AddFile[]
  readonly removes: readonly RemoveFile[]
}

function snapshotBaseReader(store: ObjectStore): BaseReader<SnapshotBase> {
  return {
    empty: () => ({ state: new StateReplay(), listed: { adds: [], removes: [] } }),
    async fromCheckpoint(checkpoint) {
      const state = new StateReplay()
      const adds: AddFile[] = []
      const removes: RemoveFile[] = []
      for await (const { actions, adds: plain } of readCheckpointParts(store, checkpoint)) {
        state.applyState(actions)
        for (const add of plain) adds.push(add)
        for (const action of actions) {
          if ('add' in action) adds.push(action.add)
          else if ('remove' in action) removes.push(action.remove)
        }
      }
      return { state, listed: { adds, removes } }
    },
  }
}
