import { asError } from '../../errors.js'
import type { ObjectStore } from '../../storage/index.js'
import type { AddFile, RemoveFile } from '../actions/index.js'
import { isUnreadable, readCheckpointHint, readCheckpointParts } from '../checkpoint/index.js'
import { DeltaError } from '../deltaError.js'
import {
  type CheckpointFiles,
  type CommitFile,
  commitTimestamp,
  listLog,
  type LogSegment,
  readCommitFile,
  readSpans,
  versionGap,
} from '../log/index.js'
import { type TableState, tombstoneExpiry } from '../protocol/index.js'
import { FileReplay } from './fileReplay.js'
import { requireCommits } from './replayBase.js'
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

async function read(store: ObjectStore, now: number, version?: number): Promise<Snapshot | undefined> {
  const hint = await readCheckpointHint(store)
  if (hint !== undefined && (version === undefined || version >= hint.version)) {
    const snapshot = await snapshotFrom(store, await listLog(store, hint.version), now, version)
    if (snapshot !== undefined) return snapshot
  }
  const segment = await listLog(store)
  if (segment.tip < 0) return undefined
  const where = { table: store.url }
  if (version !== undefined && version > segment.tip) {
    throw new DeltaError('DELTA_NO_VERSION', `the table has no version ${version}; its newest is ${segment.tip}`, {
      where,
    })
  }
  const snapshot = await snapshotFrom(store, segment, now, version)
  if (snapshot !== undefined) return snapshot
  if (version === undefined) throw versionGap(store, 0)
  throw new DeltaError(
    'DELTA_NO_VERSION',
    `version ${version} can no longer be read: log clean-up has deleted the commits it is made of`,
    { where },
  )
}

async function snapshotFrom(
  store: ObjectStore,
  segment: LogSegment,
  now: number,
  wanted?: number,
): Promise<Snapshot | undefined> {
  const version = wanted ?? segment.tip
  if (version < 0 || version > segment.tip) return undefined
  const base = await readBase(store, segment, version)
  if (base === undefined) return undefined
  const { state, listed } = base
  const files = new FileReplay()
  let last: CommitFile | undefined
  for await (const { from, to, actions } of readSpans(store, segment, base.version + 1, version)) {
    state.applyState(actions)
    files.apply(actions)
    last = from === to ? { version: to, actions } : undefined
  }
  const modifiedAt = segment.commits.get(version)?.modifiedAt ?? base.modifiedAt
  // It may be a large commit, and where the table keeps no time in it says nothing more of its own.
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

/** Exact; a bigint is made of many sizes at once. */
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

interface Base {
  readonly version: number
  readonly modifiedAt?: number | undefined
  readonly state: StateReplay
  readonly listed: ListedFiles
}

/** The file actions of a checkpoint, which names no file twice. */
interface ListedFiles {
  readonly adds: readonly AddFile[]
  readonly removes: readonly RemoveFile[]
}

/** The newest whole checkpoint that can be read, or the log's beginning. */
async function readBase(store: ObjectStore, segment: LogSegment, version: number): Promise<Base | undefined> {
  let failure: Error | undefined
  for (const files of segment.checkpoints.toReversed()) {
    if (files.version > version) continue
    requireCommits(store, segment, files.version + 1, version)
    try {
      return await readCheckpointBase(store, files)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      failure ??= asError(error)
    }
  }
  if (segment.commits.has(0)) {
    requireCommits(store, segment, 0, version)
    return { version: -1, state: new StateReplay(), listed: { adds: [], removes: [] } }
  }
  if (failure !== undefined && segment.from === 0) throw failure
  return undefined
}

async function readCheckpointBase(store: ObjectStore, checkpoint: CheckpointFiles): Promise<Base> {
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
  return {
    version: checkpoint.version,
    modifiedAt: checkpoint.files.at(-1)?.modifiedAt,
    state,
    listed: { adds, removes },
  }
}
