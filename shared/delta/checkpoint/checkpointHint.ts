import type { ObjectStore } from '../../storage/index.js'
import { lastCheckpointPath } from '../log/index.js'
import { decodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'

/**
 * What `_last_checkpoint` says, or `undefined` when it is missing or makes no sense. A hint and no more: the checkpoint
 * it names may be gone, and there may be newer ones.
 */
export async function readCheckpointHint(store: ObjectStore): Promise<LastCheckpoint | undefined> {
  const bytes = await store.get(lastCheckpointPath)
  if (bytes === undefined) return undefined
  const hint = decodeLastCheckpoint(new TextDecoder().decode(bytes))
  return hint.kind === 'valid' ? hint.checkpoint : undefined
}
