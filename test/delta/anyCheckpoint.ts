import { writeCheckpoint } from '../../shared/delta/checkpointWriter.js'
import type { ObjectStore } from '../../shared/storage/objectStore.js'
import type { Random } from './random.js'

/** Writes a checkpoint of the newest version, of whatever kind. */
export async function writeAnyCheckpoint(store: ObjectStore, _random: Random): Promise<void> {
  await writeCheckpoint(store, 0)
}
