import type { ObjectStore } from '../../storage/index.js'
import { type Action, type CommitInfo, decodeCommit } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { commitPath } from './logName.js'
import { listLog } from './logSegment.js'
import { readAhead } from './readAhead.js'

/** One version of a table's log. */
export interface Commit {
  readonly version: number
  /**
   * Milliseconds since 1970: the in-commit timestamp, or else the time the log file was written, made to grow with
   * the versions.
   */
  readonly timestamp: number
  /** When the log file was written, by the storage's clock; undefined when the listing did not show it yet. */
  readonly modifiedAt: number | undefined
  readonly actions: readonly Action[]
}

/** A commit's actions, before its timestamp is determined. */
export interface CommitFile {
  readonly version: number
  readonly actions: readonly Action[]
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads one commit; `undefined` when there is no such version. */
export async function readCommitFile(store: ObjectStore, version: number): Promise<CommitFile | undefined> {
  const path = commitPath(version)
  const bytes = await store.get(path)
  if (bytes === undefined) return undefined
  return { version, actions: decodeCommitBytes(store, version, bytes) }
}

function decodeCommitBytes(store: ObjectStore, version: number, bytes: Uint8Array): Action[] {
  const where = { table: store.url, version, file: commitPath(version) }
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch (error) {
    throw new DeltaError('DELTA_LOG_CORRUPT', 'a commit is not UTF-8 text', { where, cause: error })
  }
  return decodeCommit(text, where)
}

/** The first `commitInfo` of a commit; the protocol does not oblige writers to leave one. */
export function commitInfoOf(actions: readonly Action[]): CommitInfo | undefined {
  for (const action of actions) if ('commitInfo' in action) return action.commitInfo
  return undefined
}

/** When a commit happened by the table's own clock, if the table keeps one. */
export function inCommitTimestampOf(actions: readonly Action[]): number | undefined {
  return commitInfoOf(actions)?.inCommitTimestamp
}

/** When a version was written: its in-commit timestamp, or its file's time when that is not known yet. */
export async function commitTimestamp(
  store: ObjectStore,
  { version, actions }: CommitFile,
  modifiedAt?: number,
): Promise<number> {
  return inCommitTimestampOf(actions) ?? modifiedAt ?? (await store.head(commitPath(version)))?.modifiedAt ?? 0
}

/** Reads one commit of a log, from memory where it is there; `undefined` when there is no such version. */
export type ReadCommit = (version: number) => Promise<CommitFile | undefined>

/**
 * The commits `from` … `to`, both inclusive, in order.
 *
 * @param read in place of reading each from the log
 * @throws DeltaError DELTA_VERSION_GAP for a version missing between them, deleted by log cleanup or never written
 */
export async function* readCommits(
  store: ObjectStore,
  from: number,
  to: number,
  read?: ReadCommit,
): AsyncGenerator<Commit, void> {
  if (to < from) return
  const { commits } = await listLog(store, from, to)
  let previous = -Infinity
  for await (const file of readCommitFiles(store, from, to, read)) {
    const modifiedAt = commits.get(file.version)?.modifiedAt
    const own = inCommitTimestampOf(file.actions)
    const timestamp = own ?? Math.max(await commitTimestamp(store, file, modifiedAt), previous + 1)
    previous = timestamp
    yield { version: file.version, timestamp, modifiedAt, actions: file.actions }
  }
}

/** The same without timestamps, and so without a listing. */
export async function* readCommitFiles(
  store: ObjectStore,
  from: number,
  to: number,
  read: ReadCommit = version => readCommitFile(store, version),
): AsyncGenerator<CommitFile, void> {
  for await (const [version, file] of readAhead(versions(from, to), read)) {
    if (file === undefined) throw versionGap(store, version)
    yield file
  }
}

function* versions(from: number, to: number): Generator<number, void> {
  for (let version = from; version <= to; version++) yield version
}

/** DELTA_VERSION_GAP for the caller to throw, about a version that the log must have and has not. */
export function versionGap(store: ObjectStore, version: number): DeltaError {
  return new DeltaError(
    'DELTA_VERSION_GAP',
    `version ${version} is missing from the log: it was deleted, by log clean-up or by hand, or the table was copied in part`,
    { where: { table: store.url, version } },
  )
}
