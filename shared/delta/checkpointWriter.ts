import type { StructField } from '../parquet/dataType.js'
import { ParquetWriter } from '../parquet/writer.js'
import type { ObjectStore } from '../storage/objectStore.js'
import type { Action } from './actions.js'
import { isUnreadable, readCheckpoint, readCheckpointState } from './checkpoint.js'
import { readCheckpointHint } from './checkpointHint.js'
import { checkpointFields } from './checkpointSchema.js'
import { checkpointColumns } from './checkpointValue.js'
import { readCommitFiles, versionGap } from './commit.js'
import { FileReplay } from './fileReplay.js'
import { encodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'
import { classicCheckpointPath, lastCheckpointPath } from './logName.js'
import { listLog, type CheckpointFiles, type LogListing } from './logListing.js'
import { requireWritable } from './protocolGate.js'
import { tombstoneExpiry } from './retention.js'
import { requireCommits } from './startingPoint.js'
import { StateReplay, type TableState } from './state.js'

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
  const base = await findBase(store)
  if (base === undefined) return { kind: 'noTable' }
  const { checkpoint, version } = base
  if (checkpoint?.version === version) return { kind: 'exists', version }

  const replay = new StateReplay()
  if (checkpoint !== undefined) replay.applyState(base.state)
  const later = new FileReplay()
  for await (const commit of readCommitFiles(store, (checkpoint?.version ?? -1) + 1, version)) {
    replay.applyState(commit.actions)
    later.apply(commit.actions)
  }
  const where = { table: store.url, version }
  const state = replay.finish(version, 0, { table: store.url })
  requireWritable(state, [], where)

  const expiry = tombstoneExpiry(state.metadata.configuration, now)
  const fields = checkpointFields({ stats: writesStats(state) })
  const written = await writeParquet(store, version, fields, async function* () {
    yield stateActions(state)
    if (checkpoint !== undefined) yield* survivors(store, checkpoint, later, expiry)
    yield later.adds().map(add => ({ add }))
    yield later.tombstones(expiry).map(remove => ({ remove }))
  })
  await pointTo(store, { version, size: written.rows, sizeInBytes: written.bytes, numOfAddFiles: written.adds })
  return { kind: 'written', version, numFiles: written.adds, sizeInBytes: written.bytes }
}

interface Base {
  /** Absent when the log is there from its beginning and holds no checkpoint. */
  readonly checkpoint: CheckpointFiles | undefined
  readonly state: readonly Action[]
  /** The newest version of the table. */
  readonly version: number
}

async function findBase(store: ObjectStore): Promise<Base | undefined> {
  const hint = await readCheckpointHint(store)
  if (hint !== undefined) {
    const base = await baseFrom(store, await listLog(store, hint.version))
    if (base !== undefined) return base
  }
  const listing = await listLog(store)
  if (listing.tip < 0) return undefined
  const base = await baseFrom(store, listing)
  if (base === undefined) throw versionGap(store, 0)
  return base
}

async function baseFrom(store: ObjectStore, listing: LogListing): Promise<Base | undefined> {
  const version = listing.tip
  for (const checkpoint of listing.checkpoints.toReversed()) {
    requireCommits(store, listing, checkpoint.version + 1, version)
    try {
      return { checkpoint, version, state: await readCheckpointState(store, checkpoint) }
    } catch (error) {
      if (!isUnreadable(error)) throw error
    }
  }
  if (!listing.commits.has(0)) return undefined
  requireCommits(store, listing, 0, version)
  return { checkpoint: undefined, version, state: [] }
}

function stateActions({ protocol, metadata, txns, domains }: TableState): Action[] {
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map(txn => ({ txn })),
    ...[...domains.values()].map(domainMetadata => ({ domainMetadata })),
  ]
}

/** The file actions of an older checkpoint that still hold. */
async function* survivors(
  store: ObjectStore,
  checkpoint: CheckpointFiles,
  later: FileReplay,
  expiry: number,
): AsyncGenerator<Action[], void> {
  for await (const actions of readCheckpoint(store, checkpoint)) {
    yield actions.filter(action => {
      if ('add' in action) return !later.decides(action.add)
      if ('remove' in action) return (action.remove.deletionTimestamp ?? 0) >= expiry && !later.decides(action.remove)
      return false
    })
  }
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
