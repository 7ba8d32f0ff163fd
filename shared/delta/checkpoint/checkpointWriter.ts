import type { ObjectStore } from '../../storage/index.js'
import { type Json, parseJson, type StructField } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { classicCheckpointPath, lastCheckpointPath } from '../log/index.js'
import { requireMaintainable, tombstoneExpiry } from '../protocol/index.js'
import { formatSchema } from '../schema/index.js'
import { CheckpointFile, stateActions, type WrittenCheckpoint } from './checkpointFile.js'
import { readCheckpointHint } from './checkpointHint.js'
import { checkpointPolicy } from './checkpointProperties.js'
import { checkpointFields, type CheckpointLayout } from './checkpointSchema.js'
import type { FileList } from './fileList.js'
import { encodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'
import { type V2CheckpointOptions, writeV2Checkpoint } from './v2CheckpointWriter.js'

/**
 * The answer of {@link writeCheckpointOf}: `numFiles` counts the live files of the table, `sizeInBytes` the bytes of
 * the checkpoint and its sidecars.
 */
export type WrittenCheckpointOutcome =
  | { readonly kind: 'written'; readonly version: number; readonly numFiles: number; readonly sizeInBytes: number }
  /** There is one of the newest version already. */
  | { readonly kind: 'exists'; readonly version: number }

/** The form of a checkpoint, where it is to differ from what the table's properties ask for. */
export interface CheckpointOptions extends V2CheckpointOptions {
  /** The table's property when absent; a V2 checkpoint needs the table's feature. */
  readonly kind?: 'classic' | 'v2' | undefined
}

/** Spark leaves out of `_last_checkpoint` what is longer. */
const longestSchema = 20_000

/**
 * Writes a checkpoint of the list's version (PROTOCOL.md, "Checkpoints") and points `_last_checkpoint` to it: a V2
 * checkpoint with sidecars where the table has the feature and wants it, a classic one otherwise; with the statistics
 * in the forms that the table's properties ask for.
 *
 * The files of the checkpoint before are streamed through, without those that the commits since then decide about: what
 * is held is one row group and some bytes for each file of these commits, not the table's file list. Of two that write
 * a checkpoint of one version at once neither harms the other.
 * @param now milliseconds since 1970, for the expiry of tombstones
 */
export async function writeCheckpointOf(
  store: ObjectStore,
  list: FileList,
  now: number,
  options: CheckpointOptions = {},
): Promise<WrittenCheckpointOutcome> {
  const { state } = list
  const { version } = state
  if (list.checkpoint?.version === version) return { kind: 'exists', version }
  requireMaintainable(state, { table: store.url, version })
  const { supportsV2, columns, ...policy } = checkpointPolicy(state)
  const kind = options.kind ?? policy.kind
  if (kind === 'v2' && !supportsV2) {
    throw new DeltaError(
      'DELTA_UNSUPPORTED_FEATURE',
      'a V2 checkpoint needs the table feature v2Checkpoint, which the table does not have',
      {
        where: { table: store.url, version },
      },
    )
  }
  const expiry = tombstoneExpiry(state.metadata.configuration, now)
  const written = await (kind === 'v2'
    ? writeV2Checkpoint(store, list, columns, expiry, options)
    : writeClassic(store, list, columns, expiry))
  if (written === undefined) return { kind: 'exists', version }
  await pointTo(store, written)
  return { kind: 'written', version, numFiles: written.numOfAddFiles, sizeInBytes: written.sizeInBytes }
}

async function writeClassic(
  store: ObjectStore,
  list: FileList,
  columns: CheckpointLayout,
  expiry: number,
): Promise<WrittenCheckpoint | undefined> {
  const { version } = list.state
  const fields = checkpointFields(columns)
  const file = new CheckpointFile(store, classicCheckpointPath(version), fields, columns)
  try {
    await file.append(stateActions(list.state))
    for await (const actions of list.actions(expiry)) await file.append(actions)
    const { kind, rows, bytes, adds } = await file.finish()
    if (kind === 'exists') return undefined
    return { version, size: rows, sizeInBytes: bytes, numOfAddFiles: adds, checkpointSchema: schemaForHint(fields) }
  } catch (error) {
    await file.abort()
    throw error
  }
}

function schemaForHint(fields: readonly StructField[]): Json | undefined {
  const text = formatSchema({ type: 'struct', fields })
  return text.length > longestSchema ? undefined : parseJson(text)
}

/** Never backwards: another writer may have gone further meanwhile. */
async function pointTo(store: ObjectStore, checkpoint: LastCheckpoint): Promise<void> {
  const current = await readCheckpointHint(store)
  if (current !== undefined && current.version >= checkpoint.version) return
  await store.put(lastCheckpointPath, new TextEncoder().encode(encodeLastCheckpoint(checkpoint)))
}
