import { readCheckpointHint } from '../../delta/checkpointHint.js'
import type { DeltaTable } from '../../delta/table.js'

/** What makes a table slow to read. */
export interface TableHealth {
  readonly version: number
  readonly files: number
  readonly smallFiles: number
  readonly bytes: bigint
  readonly versionsSinceCheckpoint: number
}

/** Below it a file costs a reader more to open than to read. */
const smallFileBytes = 16 * 2 ** 20

export async function measureHealth(table: DeltaTable): Promise<TableHealth | undefined> {
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return undefined
  return {
    version: snapshot.version,
    files: snapshot.numFiles,
    smallFiles: snapshot.files.filter(file => file.size < smallFileBytes).length,
    bytes: snapshot.sizeInBytes,
    // Without a checkpoint a reader replays everything, version 0 too.
    versionsSinceCheckpoint: snapshot.version - ((await readCheckpointHint(table.store))?.version ?? -1),
  }
}
