import type { ObjectStore } from '../../storage/index.js'
import { type CheckpointOptions, writeCheckpointOf, type WrittenCheckpointOutcome } from '../checkpoint/index.js'
import { openFileList } from '../snapshot/index.js'

/** The answer of {@link writeCheckpoint}; `noTable` when the log has no version. */
export type CheckpointOutcome = WrittenCheckpointOutcome | { readonly kind: 'noTable' }

/**
 * Writes a checkpoint of the table's newest version; see {@link writeCheckpointOf}.
 * @param now milliseconds since 1970, for the expiry of tombstones
 */
export async function writeCheckpoint(
  store: ObjectStore,
  now: number,
  options: CheckpointOptions = {},
): Promise<CheckpointOutcome> {
  const list = await openFileList(store)
  return list === undefined ? { kind: 'noTable' } : writeCheckpointOf(store, list, now, options)
}
