import { type DeltaTable, listLog, readCommitFile, type TableState } from '../../delta/index.js'
import { elapsedMs } from '../../storage/index.js'
import { partitionOf } from './progress.js'

/** How many versions are read: with more of them in so short a time a partition that none moved stands out anyway. */
const farthest = 500

/**
 * The partitions that a commit of the last `withinMs` has moved. How old a commit is the storage says; the times that
 * writers put into it are not asked, because a writer whose clock is ahead would seem to have moved everything until
 * that time comes.
 */
export async function movingPartitions(
  table: DeltaTable,
  state: TableState,
  topic: string,
  withinMs: number,
): Promise<ReadonlySet<number>> {
  const { store } = table
  const now = await store.now()
  const { commits } = await listLog(store, Math.max(0, state.version - farthest + 1))
  const moving = new Set<number>()
  const versions = [...commits.keys()].filter(version => version <= state.version).sort((a, b) => b - a)
  for (const version of versions) {
    const age = elapsedMs(commits.get(version)?.modifiedAt ?? now, now)
    // Dated in the future, by a clock that was wrong: nothing is known of its age; those before it are still read.
    if (age === undefined) continue
    if (age >= withinMs) break
    for (const action of (await readCommitFile(store, version))?.actions ?? []) {
      const partition = 'txn' in action ? partitionOf(state.metadata.id, topic, action.txn.appId) : undefined
      if (partition !== undefined) moving.add(partition)
    }
  }
  return moving
}
