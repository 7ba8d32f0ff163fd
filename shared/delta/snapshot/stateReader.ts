import type { ObjectStore } from '../../storage/index.js'
import {
  type CommitFile,
  commitPath,
  commitTimestamp,
  listLog,
  readCommitFile,
  readCommitFiles,
  readSpans,
} from '../log/index.js'
import type { TableState } from '../protocol/index.js'
import { findReplay, type Replay } from './replayBase.js'
import { retryAfterLogCleanup } from './retryAfterLogCleanup.js'
import { nextState, StateReplay } from './state.js'
import { type StateBase, stateBaseReader } from './stateBase.js'

/** Called with every commit that is read on the way, oldest first; not with those that a log compaction file covers. */
export type OnCommit = (commit: CommitFile) => void

/**
 * The newest state of the table in `store`, from nothing: the newest usable version checksum or checkpoint, and the
 * commits after it. `undefined` when there is no table. A missing, stale or wrong `_last_checkpoint` costs time only.
 */
export function loadState(store: ObjectStore, onCommit?: OnCommit): Promise<TableState | undefined> {
  return retryAfterLogCleanup(() => load(store, onCommit))
}

async function load(store: ObjectStore, onCommit?: OnCommit): Promise<TableState | undefined> {
  const found = await findReplay(store, stateBaseReader(store))
  if (found === undefined) return undefined
  const { base, segment, version: tip } = found
  const replay = new StateReplay()
  base.content.apply(replay)
  let last: CommitFile | undefined
  for await (const { from, to, actions } of readSpans(store, segment, base.version + 1, tip)) {
    if (from < to) {
      // The reconciled actions of several commits do not show how many files there were before.
      replay.applyState(actions)
      replay.setTotals(undefined)
      last = undefined
      continue
    }
    last = { version: to, actions }
    replay.applyCommit(actions)
    onCommit?.(last)
  }
  return replay.finish(tip, await timestampOf(store, found, last, replay.keepsTime), { table: store.url })
}

async function timestampOf(
  store: ObjectStore,
  { base, segment, version }: Replay<StateBase>,
  last: CommitFile | undefined,
  keepsTime: boolean,
): Promise<number> {
  const modifiedAt = segment.commits.get(version)?.modifiedAt ?? base.content.modifiedAt
  if (last !== undefined) return commitTimestamp(store, last, modifiedAt)
  const { inCommitTimestamp } = base.content
  if (base.version === version && inCommitTimestamp !== undefined) return inCommitTimestamp
  // Neither a checkpoint nor a log compaction file records when its last version was committed.
  const file = keepsTime && segment.commits.has(version) ? await readCommitFile(store, version) : undefined
  return file === undefined ? (modifiedAt ?? 0) : commitTimestamp(store, file, modifiedAt)
}

/**
 * The state after the commits that follow `state`, found by asking for one version after the other. That the next one is
 * absent says that the log ends there only while the commit of `state` itself is there: clean-up deletes from the front,
 * and may have deleted both.
 *
 * @param known commits that were read a moment ago, and need not be read again
 */
export async function followState(
  store: ObjectStore,
  state: TableState,
  onCommit?: OnCommit,
  known: ReadonlyMap<number, CommitFile> = new Map(),
): Promise<TableState | undefined> {
  const replay = new StateReplay(state)
  let last: CommitFile | undefined
  for await (const file of commitsAfter(store, state.version, known)) {
    replay.applyCommit(file.actions)
    onCommit?.(file)
    last = file
  }
  if (last === undefined)
    return (await store.head(commitPath(state.version))) === undefined ? loadState(store, onCommit) : state
  // What was known is no proof that the log is still there.
  const found = known.has(last.version) ? await store.head(commitPath(last.version)) : undefined
  if (known.has(last.version) && found === undefined) return loadState(store, onCommit)
  const timestamp = await commitTimestamp(store, last, found?.modifiedAt)
  return replay.finish(last.version, timestamp, { table: store.url })
}

/** Versions asked for at once, at most: where many write, there are more the longer it takes to read them. */
const mostAhead = 8

/** The commits behind a version up to the first that is absent, one asked for at first and then more and more at once. */
async function* commitsAfter(store: ObjectStore, version: number, known: ReadonlyMap<number, CommitFile>) {
  let from = version + 1
  for (let file = known.get(from); file !== undefined; file = known.get(++from)) yield file
  for (let count = 1; ; count = Math.min(mostAhead, count * 2)) {
    const asked = Array.from({ length: count }, (_, i) => readCommitFile(store, from + i))
    for (const file of await Promise.all(asked)) {
      if (file === undefined) return
      yield file
    }
    from += count
  }
}

/**
 * The same when `state` may be so old that the log was cleaned up beyond it, or the table recreated: lists the log
 * first, because a version that is absent then does not prove that the log ends there.
 */
export async function refreshState(
  store: ObjectStore,
  state: TableState,
  onCommit?: OnCommit,
): Promise<TableState | undefined> {
  const segment = await listLog(store, state.version)
  const { commits, tip } = segment
  for (let version = state.version; version <= tip; version++) {
    if (!commits.has(version)) return loadState(store, onCommit)
  }
  if (tip < state.version) return loadState(store, onCommit)
  let revised = state
  for await (const file of readCommitFiles(store, state.version + 1, tip)) {
    onCommit?.(file)
    const timestamp = await commitTimestamp(store, file, commits.get(file.version)?.modifiedAt)
    revised = nextState(revised, { ...file, timestamp }, { table: store.url })
  }
  return revised
}
