import { asError } from '../../errors.js'
import type { ObjectStore } from '../../storage/index.js'
import { isUnreadable, readCheckpointHint } from '../checkpoint/index.js'
import { DeltaError } from '../deltaError.js'
import { type CheckpointFiles, listLog, type LogSegment, versionGap } from '../log/index.js'

/** A version from which a replay can begin without the commits before it. */
export interface ReplayBase<Content> {
  /** −1: the empty table before the first version. */
  readonly version: number
  readonly checkpoint?: CheckpointFiles | undefined
  readonly content: Content
}

/** What a replay takes from its base. When a read fails and {@link isUnreadable} holds, the base is passed over. */
export interface BaseReader<Content> {
  /** Of the table before its first version. */
  empty(): Content
  fromCheckpoint(checkpoint: CheckpointFiles): Promise<Content>
  /** Nothing when the checksum is incomplete. Absent where none can: a checksum names no files. */
  fromChecksum?(version: number): Promise<Content | undefined>
}

/** What makes a version: a base, and the commits after it up to that version, of which none is missing. */
export interface Replay<Content> {
  readonly base: ReplayBase<Content>
  readonly segment: LogSegment
  readonly version: number
}

/** How many checksum files are tried before a checkpoint is read. */
const maxChecksums = 3

/**
 * The base and commits of `version`, or of the newest: listed from the version in `_last_checkpoint`, and in the whole
 * log where that leads nowhere. `undefined` when there is no table.
 *
 * @throws DeltaError DELTA_NO_VERSION for a version that does not exist yet or any more; DELTA_VERSION_GAP when commits
 * are missing; what is wrong with a checkpoint when all have to be passed over
 */
export async function findReplay<Content>(
  store: ObjectStore,
  reader: BaseReader<Content>,
  version?: number,
): Promise<Replay<Content> | undefined> {
  const hint = await readCheckpointHint(store)
  if (hint !== undefined && (version === undefined || version >= hint.version)) {
    const replay = await replayIn(store, await listLog(store, hint.version), reader, version)
    if (replay !== undefined) return replay
  }
  const segment = await listLog(store)
  if (segment.tip < 0) return undefined
  const where = { table: store.url }
  if (version !== undefined && version > segment.tip) {
    throw new DeltaError('DELTA_NO_VERSION', `the table has no version ${version}; its newest is ${segment.tip}`, {
      where,
    })
  }
  const replay = await replayIn(store, segment, reader, version)
  if (replay !== undefined) return replay
  if (version === undefined) throw versionGap(store, 0)
  throw new DeltaError(
    'DELTA_NO_VERSION',
    `version ${version} can no longer be read: log clean-up has deleted the commits it is made of`,
    { where },
  )
}

async function replayIn<Content>(
  store: ObjectStore,
  segment: LogSegment,
  reader: BaseReader<Content>,
  version = segment.tip,
): Promise<Replay<Content> | undefined> {
  if (version < 0 || version > segment.tip) return undefined
  const base = await findReplayBase(store, segment, reader, version)
  return base === undefined ? undefined : { base, segment, version }
}

/**
 * The newest base at or before `version` in a listing: a version checksum or a checkpoint, or the log's beginning. One
 * that cannot be read is passed over; `undefined` when none is left.
 *
 * @throws DeltaError DELTA_VERSION_GAP when the commits after it are not all there
 */
export async function findReplayBase<Content>(
  store: ObjectStore,
  segment: LogSegment,
  reader: BaseReader<Content>,
  version: number,
): Promise<ReplayBase<Content> | undefined> {
  let failure: Error | undefined
  for (const candidate of candidates(segment, reader)) {
    if (candidate.version > version) continue
    requireCommits(store, segment, candidate.version + 1, version)
    try {
      const content = await candidate.read()
      if (content !== undefined) return { version: candidate.version, checkpoint: candidate.checkpoint, content }
    } catch (error) {
      if (!isUnreadable(error)) throw error
      failure ??= asError(error)
    }
  }
  if (segment.commits.has(0)) {
    requireCommits(store, segment, 0, version)
    return { version: -1, content: reader.empty() }
  }
  if (failure !== undefined && segment.from === 0) throw failure
  return undefined
}

interface Candidate<Content> {
  readonly version: number
  readonly checkpoint?: CheckpointFiles
  read(): Promise<Content | undefined>
}

/** Newest first; of one version the checksum, which is one small file, and of checkpoints the single-file one. */
function candidates<Content>(
  { checkpoints, checksums }: LogSegment,
  reader: BaseReader<Content>,
): readonly Candidate<Content>[] {
  const ofCheckpoints = checkpoints.map((checkpoint): Candidate<Content> => {
    return { version: checkpoint.version, checkpoint, read: () => reader.fromCheckpoint(checkpoint) }
  })
  const ofChecksums =
    reader.fromChecksum === undefined
      ? []
      : checksums.slice(-maxChecksums).map((version): Candidate<Content> => {
          return { version, read: async () => reader.fromChecksum?.(version) }
        })
  return [...ofCheckpoints, ...ofChecksums].sort((a, b) => a.version - b.version).reverse()
}

/** @throws DeltaError DELTA_VERSION_GAP for the first version of `from` … `to` that has no commit in the listing */
function requireCommits(store: ObjectStore, { commits }: LogSegment, from: number, to: number): void {
  for (let version = from; version <= to; version++) if (!commits.has(version)) throw versionGap(store, version)
}
