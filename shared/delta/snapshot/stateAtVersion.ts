import type { ObjectStore } from '../../storage/index.js'
import { type CommitFile, commitTimestamp, listLog, readCommitFiles } from '../log/index.js'
import { DeltaError } from '../deltaError.js'
import { findStartingPoint } from './replayBase.js'
import { StateReplay } from './state.js'
import type { TableState } from '../protocol/index.js'

/**
 * The table without its files as it was at an older version; `undefined` when the log no longer tells. For the rare
 * question what a change of metadata changed: reads a checksum or checkpoint and the commits after it.
 */
export async function readPastState(store: ObjectStore, version: number): Promise<TableState | undefined> {
  const listing = await listLog(store)
  if (version > listing.tip) return undefined
  const start = await findStartingPoint(store, listing, version).catch((error: unknown) => {
    if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return undefined
    throw error
  })
  if (start === undefined) return undefined
  const replay = new StateReplay()
  start.apply(replay)
  let last: CommitFile | undefined
  for await (const commit of readCommitFiles(store, start.version + 1, version)) {
    replay.applyCommit(commit.actions)
    last = commit
  }
  const modifiedAt = listing.commits.get(version)?.modifiedAt ?? start.modifiedAt ?? 0
  return replay.finish(version, last === undefined ? modifiedAt : await commitTimestamp(store, last, modifiedAt), { table: store.url })
}
