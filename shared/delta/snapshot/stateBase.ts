import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import { readCheckpointState } from '../checkpoint/index.js'
import { readChecksumState } from './checksumFile.js'
import type { BaseReader } from './replayBase.js'
import type { StateReplay } from './state.js'

/** What a state is replayed from. */
export interface StateBase {
  /** Milliseconds since 1970, by the storage's clock; of a checkpoint. */
  readonly modifiedAt?: number | undefined
  readonly inCommitTimestamp?: number | undefined
  apply(replay: StateReplay): void
}

/** Reads of checksums and checkpoints all that a state needs, and no files. */
export function stateBaseReader(store: ObjectStore): BaseReader<StateBase> {
  return {
    empty: () => ({
      apply: replay => {
        replay.startEmpty()
      },
    }),
    async fromCheckpoint(checkpoint) {
      const actions = await readCheckpointState(store, checkpoint)
      return {
        modifiedAt: lastModified(checkpoint.files),
        apply: replay => {
          replay.applyState(actions)
        },
      }
    },
    async fromChecksum(version) {
      const checksum = await readChecksumState(store, version)
      if (checksum === undefined) return undefined
      return {
        inCommitTimestamp: checksum.inCommitTimestamp,
        apply: replay => {
          replay.applyState(checksum.actions)
          replay.setTotals(checksum.totals)
        },
      }
    },
  }
}

function lastModified(files: readonly ObjectInfo[]): number | undefined {
  return files.reduce<number | undefined>((last, file) => Math.max(last ?? 0, file.modifiedAt), undefined)
}
