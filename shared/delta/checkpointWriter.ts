import type { StructField } from '../parquet/dataType.js'
import { ParquetWriter } from '../parquet/writer.js'
import type { ObjectStore } from '../storage/objectStore.js'
import type { Action } from './actions.js'
import { readCheckpointHint } from './checkpointHint.js'
import { checkpointFields } from './checkpointSchema.js'
import { checkpointColumns } from './checkpointValue.js'
import { openFileList } from './fileList.js'
import { encodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'
import { classicCheckpointPath, lastCheckpointPath } from './logName.js'
import { requireMaintainable } from './protocolGate.js'
import { tombstoneExpiry } from './retention.js'
import type { TableState } from './state.js'

export type CheckpointOutcome =
  | { readonly kind: 'written'; readonly version: number; readonly numFiles: number; readonly sizeInBytes: number }
  /** There is one of the newest version already. */
  | { readonly kind: 'exists'; readonly version: number }
  | { readonly kind: 'noTable' }

/** Rows of a row group: what is held in memory at a time. */
const groupRows = 10_000

/**
 * Writes a classic checkpoint of the newest version (PROTOCOL.md, "Checkpoints") and points `_last_checkpoint` to it.
 *
 * The files of the checkpoint before are streamed through, without those that the commits since then decide about: what
 * is held is one row group and the file actions of these commits, not the table's file list.
 * @param now milliseconds since 1970, for the expiry of tombstones
 */
export async function writeCheckpoint(store: ObjectStore, now: number): Promise<CheckpointOutcome> {
  const list = await openFileList(store)
  if (list === undefined) return { kind: 'noTable' }
  const { state } = list
  const { version } = state
  if (list.checkpoint?.version === version) return { kind: 'exists', version }
  requireMaintainable(state, { table: store.url, version })

  const expiry = tombstoneExpiry(state.metadata.configuration, now)
  const fields = checkpointFields({ stats: writesStats(state) })
  const written = await writeParquet(store, version, fields, async function* () {
    yield stateActions(state)
    yield* list.actions(expiry)
  })
  await pointTo(store, { version, size: written.rows, sizeInBytes: written.bytes, numOfAddFiles: written.adds })
  return { kind: 'written', version, numFiles: written.adds, sizeInBytes: written.bytes }
}

function stateActions({ protocol, metadata, txns, domains }: TableState): Action[] {
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map(txn => ({ txn })),
    ...[...domains.values()].map(domainMetadata => ({ domainMetadata })),
  ]
}

async function writeParquet(
  store: ObjectStore,
  version: number,
  fields: readonly StructField[],
  batches: () => AsyncGenerator<Action[], void>,
): Promise<{ rows: number; bytes: number; adds: number }> {
  const upload = await store.create(classicCheckpointPath(version))
  try {
    const parquet = new ParquetWriter(upload, fields, { codec: 'snappy' })
    let pending: Action[] = []
    let adds = 0
    for await (const batch of batches()) {
      for (const action of batch) {
        if ('add' in action) adds++
        pending.push(action)
        if (pending.length < groupRows) continue
        await parquet.appendRowGroup(checkpointColumns(pending, fields))
        pending = []
      }
    }
    await parquet.appendRowGroup(checkpointColumns(pending, fields))
    const { bytes, rows } = await parquet.finish()
    await upload.close()
    return { rows, bytes, adds }
  } catch (error) {
    await upload.abort()
    throw error
  }
}

/** Never backwards: another writer may have gone further meanwhile. */
async function pointTo(store: ObjectStore, checkpoint: LastCheckpoint): Promise<void> {
  const current = await readCheckpointHint(store)
  if (current !== undefined && current.version >= checkpoint.version) return
  await store.put(lastCheckpointPath, new TextEncoder().encode(encodeLastCheckpoint(checkpoint)))
}

/**
 * Whether statistics go into the checkpoint. This writer knows their JSON form only: where a table wants the struct in
 * its place they stay JSON, because to lose them would cost readers more.
 */
function writesStats({ metadata: { configuration } }: TableState): boolean {
  const asJson = configuration['delta.checkpoint.writeStatsAsJson']?.toLowerCase() !== 'false'
  return asJson || configuration['delta.checkpoint.writeStatsAsStruct']?.toLowerCase() === 'true'
}
