import { asError } from '../../errors.js'
import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import { isUnreadable, readCheckpointState } from '../checkpoint/index.js'
import { type CheckpointFiles, type LogSegment, versionGap } from '../log/index.js'
import { readChecksumState } from './checksumFile.js'
import type { StateReplay } from './state.js'

/** A version from which a state can be had without the commits before it. */
export interface ReplayBase {
  /** −1: the empty table before the first version. */
  readonly version: number
  readonly modifiedAt?: number | undefined
  readonly inCommitTimestamp?: number | undefined
  apply(replay: StateReplay): void
}

/** How many checksum files are tried before a checkpoint is read. */
const maxChecksums = 3

/**
 * The newest version at or before `version` from which its state can be built: a version checksum that has everything,
 * a checkpoint, or the log's beginning. One that cannot be read is passed over; `undefined` when none is left.
 * Throws DELTA_VERSION_GAP when the commits after it are not all there.
 */
export async function findReplayBase(
  store: ObjectStore,
  segment: LogSegment,
  version: number,
): Promise<ReplayBase | undefined> {
  const candidates = [
    ...segment.checksums.slice(-maxChecksums).map(of => ({ version: of, read: () => fromChecksum(store, of) })),
    ...segment.checkpoints.map(files => ({ version: files.version, read: () => fromCheckpoint(store, files) })),
  ]
    .filter(candidate => candidate.version <= version)
    // Of one version the checksum comes first: it is one small file.
    .map((candidate, order) => ({ ...candidate, order }))
    .sort((a, b) => b.version - a.version || a.order - b.order)
  let failure: Error | undefined
  for (const candidate of candidates) {
    requireCommits(store, segment, candidate.version + 1, version)
    try {
      const start = await candidate.read()
      if (start !== undefined) return start
    } catch (error) {
      if (!isUnreadable(error)) throw error
      failure ??= asError(error)
    }
  }
  if (segment.commits.has(0)) {
    requireCommits(store, segment, 0, version)
    return {
      version: -1,
      apply: replay => {
        replay.startEmpty()
      },
    }
  }
  if (failure !== undefined && segment.from === 0) throw failure
  return undefined
}

/** Throws DELTA_VERSION_GAP for the first version of `from` … `to` that has no commit in the listing. */
export function requireCommits(store: ObjectStore, { commits }: LogSegment, from: number, to: number): void {
  for (let version = from; version <= to; version++) if (!commits.has(version)) throw versionGap(store, version)
}

async function fromChecksum(store: ObjectStore, version: number): Promise<ReplayBase | undefined> {
  const checksum = await readChecksumState(store, version)
  if (checksum === undefined) return undefined
  return {
    version,
    inCommitTimestamp: checksum.inCommitTimestamp,
    apply: replay => {
      replay.applyState(checksum.actions)
      replay.setTotals(checksum.totals)
    },
  }
}

async function fromCheckpoint(store: ObjectStore, files: CheckpointFiles): Promise<ReplayBase> {
  const actions = await readCheckpointState(store, files)
  return {
    version: files.version,
    modifiedAt: lastModified(files.files),
    apply: replay => {
      replay.applyState(actions)
    },
  }
}

function lastModified(files: readonly ObjectInfo[]): number | undefined {
  return files.reduce<number | undefined>((last, file) => Math.max(last ?? 0, file.modifiedAt), undefined)
}
