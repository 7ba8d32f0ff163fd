import { elapsedMs, type ObjectStore } from '../../storage/index.js'
import { dayMs } from '../../types/index.js'
import { isUnreadable, readCheckpoint, readCheckpointState, sidecarPath } from '../checkpoint/index.js'
import { DeltaError } from '../deltaError.js'
import {
  type CheckpointFiles,
  inCommitTimestampOf,
  listLog,
  logFolder,
  type LogSegment,
  parseLogName,
  readCommitFile,
  sidecarFolder,
} from '../log/index.js'
import { parseInterval, requireMaintainable, type TableState, writerFeaturesOf } from '../protocol/index.js'
import type { DeltaTable } from '../table/index.js'

/** How much history {@link cleanLog} leaves. */
export interface LogCleanupOptions {
  /** Milliseconds of history to keep; the table's `delta.logRetentionDuration` (30 days) when absent. */
  readonly retentionMs?: number | undefined
  /** The oldest version that a follower of the table has still to read: its commit and all later ones stay. */
  readonly lowWatermark?: number | undefined
  /** Cleans up although the table's `delta.enableExpiredLogCleanup` is false. */
  readonly force?: boolean | undefined
  /** Only reports what would be deleted. */
  readonly dryRun?: boolean | undefined
}

/** The answer of {@link cleanLog}; `planned` is that of a dry run, `files` counts objects of the log. */
export type LogCleanupOutcome =
  | { readonly kind: 'noTable' }
  /** The table's property forbids it. */
  | { readonly kind: 'disabled' }
  /** Nothing has expired, or no checkpoint replaces it, or it is still needed by readers. */
  | { readonly kind: 'nothingToDo' }
  | {
      readonly kind: 'cleaned' | 'planned'
      /** The oldest version that can be read from now on. */
      readonly oldest: number
      readonly files: number
    }

const retentionProperty = 'delta.logRetentionDuration'
const defaultRetention = 'interval 30 days'
const enabledProperty = 'delta.enableExpiredLogCleanup'
/** A sidecar may be there before the checkpoint that names it. */
const sidecarGraceMs = dayMs
const parallel = 16

/**
 * Deletes the part of the log that has expired (PROTOCOL.md, "Metadata Cleanup"): everything before the newest
 * checkpoint that is as old as the retention. That checkpoint and its own commit stay, so every version younger than
 * the retention can still be read, at every moment: an interrupted cleanup is finished by the next.
 *
 * ```ts
 * await table.writeCheckpoint()
 * await cleanLog(table, { retentionMs: 7 * 86_400_000 })
 * ```
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for a table that this writer may not touch, DELTA_BAD_PROPERTY
 */
export async function cleanLog(table: DeltaTable, options: LogCleanupOptions = {}): Promise<LogCleanupOutcome> {
  const { store } = table
  const state = await table.state({ fresh: true })
  if (state === undefined) return { kind: 'noTable' }
  requireMaintainable(state, { table: table.url, version: state.version })
  const { configuration } = state.metadata
  if (configuration[enabledProperty]?.toLowerCase() === 'false' && options.force !== true) return { kind: 'disabled' }
  const retentionMs =
    options.retentionMs ?? parseInterval(configuration[retentionProperty] ?? defaultRetention, retentionProperty)
  const segment = await listLog(store)
  const now = await store.now()
  const expired = expiredUpTo(segment, now, retentionMs)
  const cut = await findCut(store, segment, Math.min(expired, options.lowWatermark ?? Infinity), now - retentionMs)
  if (cut === undefined || cut.version < protectedBefore(state)) return { kind: 'nothingToDo' }
  const doomed = await expiredFiles(store, cut.version)
  const sidecars = await staleSidecars(store, segment, cut.version, now)
  const files = [...doomed, sidecars].reduce((sum, names) => sum + names.length, 0)
  if (files === 0) return { kind: 'nothingToDo' }
  if (options.dryRun === true) return { kind: 'planned', oldest: cut.version, files }
  for (const names of [...doomed, sidecars]) {
    for (let i = 0; i < names.length; i += parallel)
      await Promise.all(names.slice(i, i + parallel).map(name => store.delete(name)))
  }
  return { kind: 'cleaned', oldest: cut.version, files }
}

/**
 * The version before which a table protects its checkpoints (the `checkpointProtection` feature): they hide commits
 * that some readers do not understand, and are deleted only together with all of that history.
 */
function protectedBefore(state: Pick<TableState, 'protocol' | 'metadata'>): number {
  if (!writerFeaturesOf(state.protocol).includes('checkpointProtection')) return 0
  const version = state.metadata.configuration['delta.requireCheckpointProtectionBeforeVersion'] ?? '0'
  return /^\d+$/.test(version) ? Number(version) : Infinity
}

/**
 * The newest version such that it and all before it are as old as the retention; −1 when there is none. A version is
 * never older than the one before it, and never younger than the one after it: one whose file is dated in the future,
 * by a clock that was wrong, is as old as the next that is not.
 */
function expiredUpTo({ commits }: LogSegment, now: number, retentionMs: number): number {
  let expired = -1
  for (const version of [...commits.keys()].sort((a, b) => a - b)) {
    const age = elapsedMs(commits.get(version)?.modifiedAt ?? now, now)
    if (age === undefined) continue
    if (age < retentionMs) break
    expired = version
  }
  return expired
}

/**
 * The checkpoint that replaces all commits before it. It is read completely first: nothing is deleted because of a
 * damaged one.
 */
async function findCut(
  store: ObjectStore,
  segment: LogSegment,
  upTo: number,
  cutoff: number,
): Promise<CheckpointFiles | undefined> {
  for (const checkpoint of segment.checkpoints.toReversed()) {
    const { version } = checkpoint
    if (version > upTo || !segment.commits.has(version)) continue
    const commit = await readCommitFile(store, version)
    if (commit === undefined || (inCommitTimestampOf(commit.actions) ?? 0) > cutoff) continue
    if (await canStandIn(store, checkpoint)) return checkpoint
  }
  return undefined
}

async function canStandIn(store: ObjectStore, checkpoint: CheckpointFiles): Promise<boolean> {
  const found = { protocol: false, metaData: false }
  try {
    for await (const actions of readCheckpoint(store, checkpoint)) {
      for (const action of actions) {
        if ('protocol' in action) found.protocol = true
        else if ('metaData' in action) found.metaData = true
      }
    }
  } catch (error) {
    if (isUnreadable(error) || error instanceof DeltaError) return false
    throw error
  }
  return found.protocol && found.metaData
}

/**
 * Names in the log before version `cut`, in the order of versions: first all others, then checkpoints. A reader of a
 * log that is only partly cleaned finds no commit without the checkpoint that replaces those before it.
 */
async function expiredFiles(store: ObjectStore, cut: number): Promise<readonly (readonly string[])[]> {
  const commits: { readonly path: string; readonly version: number }[] = []
  const checkpoints: typeof commits = []
  for await (const { path } of store.list(`${logFolder}0`)) {
    const name = parseLogName(path)
    if (name === undefined) continue
    const { version } = name
    const ofCommits = name.kind === 'commit' || name.kind === 'checksum' || name.kind === 'compacted'
    // A compacted file from the checkpoint's own version on is of no use: a replay begins with the version after it.
    if (version < cut || (name.kind === 'compacted' && version <= cut))
      (ofCommits ? commits : checkpoints).push({ path, version })
  }
  return [commits, checkpoints].map(list => list.sort((a, b) => a.version - b.version).map(({ path }) => path))
}

/** Sidecars that no checkpoint which stays names, and that are too old for one that is being written. */
async function staleSidecars(store: ObjectStore, segment: LogSegment, cut: number, now: number): Promise<string[]> {
  const old: string[] = []
  for await (const { path, modifiedAt } of store.list(sidecarFolder))
    if (modifiedAt < now - sidecarGraceMs) old.push(path)
  if (old.length === 0) return []
  const named = new Set<string>()
  for (const checkpoint of segment.checkpoints) {
    if (checkpoint.version < cut || !checkpoint.form.startsWith('v2')) continue
    for (const action of await readCheckpointState(store, checkpoint))
      if ('sidecar' in action) named.add(sidecarPath(action.sidecar))
  }
  return old.filter(path => !named.has(path))
}
