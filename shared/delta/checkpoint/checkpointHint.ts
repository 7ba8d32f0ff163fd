import type { ObjectStore } from '../../storage/index.js'
import { lastCheckpointPath } from '../log/index.js'
import { decodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'

/**
 * The content of `_last_checkpoint`, or `undefined` when it is missing or invalid. Only a hint: the checkpoint that it
 * names may have been deleted, and there may be newer ones.
 */
export async function readCheckpointHint(store: ObjectStore): Promise<LastCheckpoint | undefined> {
  const bytes = await store.get(lastCheckpointPath)
  if (bytes === undefined) return undefined
  const hint = decodeLastCheckpoint(new TextDecoder().decode(bytes))
  return hint.kind === 'valid' ? hint.checkpoint : undefined
}
