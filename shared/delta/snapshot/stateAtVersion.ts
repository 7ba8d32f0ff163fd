import type { ObjectStore } from '../../storage/index.js'
import { DeltaError } from '../deltaError.js'
import { type CommitFile, commitTimestamp, listLog, readCommitFiles } from '../log/index.js'
import type { TableState } from '../protocol/index.js'
import { findReplayBase } from './replayBase.js'
import { StateReplay } from './state.js'
import { stateBaseReader } from './stateBase.js'

/**
 * The table without its files as it was at an older version; `undefined` when the log no longer reaches back to it. For
 * the rare question what a change of metadata changed: reads a checksum or checkpoint and the commits after it.
 */
export async function readStateAtVersion(store: ObjectStore, version: number): Promise<TableState | undefined> {
  const segment = await listLog(store)
  if (version > segment.tip) return undefined
  const start = await findReplayBase(store, segment, stateBaseReader(store), version).catch((error: unknown) => {
    if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return undefined
    throw error
  })
  if (start === undefined) return undefined
  const replay = new StateReplay()
  start.content.apply(replay)
  let last: CommitFile | undefined
  for await (const commit of readCommitFiles(store, start.version + 1, version)) {
    replay.applyCommit(commit.actions)
    last = commit
  }
  const modifiedAt = segment.commits.get(version)?.modifiedAt ?? start.content.modifiedAt ?? 0
  return replay.finish(version, last === undefined ? modifiedAt : await commitTimestamp(store, last, modifiedAt), {
    table: store.url,
  })
}
