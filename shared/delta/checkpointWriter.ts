import { randomUUID } from 'node:crypto'
import type { StructField } from '../parquet/dataType.js'
import { ParquetWriter } from '../parquet/writer.js'
import type { ObjectStore } from '../storage/objectStore.js'
import { encodeAction } from './actionCodec.js'
import type { Action, Sidecar } from './actions.js'
import { readCheckpointHint } from './checkpointHint.js'
import { checkpointPolicy } from './checkpointPolicy.js'
import { checkpointFields, sidecarFields, type CheckpointColumns } from './checkpointSchema.js'
import { CheckpointUpload } from './checkpointUpload.js'
import { checkpointColumns } from './checkpointValue.js'
import { DeltaError } from './deltaError.js'
import { openFileList, type FileList } from './fileList.js'
import { parseJson, type Json } from './json.js'
import { encodeLastCheckpoint, type LastCheckpoint } from './lastCheckpoint.js'
import { classicCheckpointPath, lastCheckpointPath, logFolder, sidecarFolder, v2CheckpointPath } from './logName.js'
import { requireMaintainable } from './protocolGate.js'
import { tombstoneExpiry } from './retention.js'
import { formatSchema } from './schema.js'
import type { TableState } from './state.js'

export type CheckpointOutcome =
  | { readonly kind: 'written'; readonly version: number; readonly numFiles: number; readonly sizeInBytes: number }
  /** There is one of the newest version already. */
  | { readonly kind: 'exists'; readonly version: number }
  | { readonly kind: 'noTable' }

export interface CheckpointOptions {
  /** What the table's property says when absent; a V2 checkpoint needs the table's feature. */
  readonly kind?: 'classic' | 'v2' | undefined
  /** Of a V2 checkpoint's own file; JSON when absent, as Spark has it. */
  readonly format?: 'json' | 'parquet' | undefined
  /** File actions of one sidecar; 50,000 when absent, as Spark has it. */
  readonly sidecarActions?: number | undefined
}

/** Rows of a row group: what is held in memory at a time. */
const groupRows = 10_000
const defaultSidecarActions = 50_000
/** Spark leaves out of `_last_checkpoint` what is longer. */
const longestSchema = 20_000
const mostInHint = 30

/**
 * Writes a checkpoint of the newest version (PROTOCOL.md, "Checkpoints") and points `_last_checkpoint` to it: a V2
 * checkpoint with sidecars where the table has the feature and wants it, a classic one otherwise; with the statistics
 * in the forms that the table's properties ask for.
 *
 * The files of the checkpoint before are streamed through, without those that the commits since then decide about: what
 * is held is one row group and some bytes for each file of these commits, not the table's file list. Of two that write
 * a checkpoint of one version at once neither harms the other.
 * @param now milliseconds since 1970, for the expiry of tombstones
 */
export async function writeCheckpoint(store: ObjectStore, now: number, options: CheckpointOptions = {}): Promise<CheckpointOutcome> {
  const list = await openFileList(store)
  if (list === undefined) return { kind: 'noTable' }
  const { state } = list
  const { version } = state
  if (list.checkpoint?.version === version) return { kind: 'exists', version }
  requireMaintainable(state, { table: store.url, version })
  const { supportsV2, columns, ...policy } = checkpointPolicy(state)
  const kind = options.kind ?? policy.kind
  if (kind === 'v2' && !supportsV2) {
    throw new DeltaError('DELTA_UNSUPPORTED_FEATURE', 'a V2 checkpoint needs the table feature v2Checkpoint, which the table does not have', {
      where: { table: store.url, version },
    })
  }
  const expiry = tombstoneExpiry(state.metadata.configuration, now)
  const written = await (kind === 'v2' ? writeV2(store, list, columns, expiry, options) : writeClassic(store, list, columns, expiry))
  if (written === undefined) return { kind: 'exists', version }
  await pointTo(store, written)
  return { kind: 'written', version, numFiles: written.numOfAddFiles, sizeInBytes: written.sizeInBytes }
}

type Written = LastCheckpoint & Required<Pick<LastCheckpoint, 'sizeInBytes' | 'numOfAddFiles'>> & { sizeInBytes: number; numOfAddFiles: number }

async function writeClassic(store: ObjectStore, list: FileList, columns: CheckpointColumns, expiry: number): Promise<Written | undefined> {
  const { version } = list.state
  const fields = checkpointFields(columns)
  const upload = new CheckpointUpload(store, classicCheckpointPath(version))
  const file = new CheckpointFile(upload, fields, columns)
  try {
    await file.append(stateActions(list.state))
    for await (const actions of list.actions(expiry)) await file.append(actions)
    const { rows, bytes, adds } = await file.finish()
    if ((await upload.close()) === 'exists') return undefined
    return { version, size: rows, sizeInBytes: bytes, numOfAddFiles: adds, checkpointSchema: schemaForHint(fields) }
  } catch (error) {
    await upload.abort()
    throw error
  }
}

async function writeV2(
  store: ObjectStore,
  list: FileList,
  columns: CheckpointColumns,
  expiry: number,
  { format = 'json', sidecarActions = defaultSidecarActions }: CheckpointOptions,
): Promise<Written> {
  const { version } = list.state
  const sidecars = await writeSidecars(store, list, columns, expiry, sidecarActions)
  const sum = (of: (file: WrittenSidecar) => number) => sidecars.reduce((total, file) => total + of(file), 0)
  const numOfAddFiles = sum(({ adds }) => adds)
  const [sidecarRows, sidecarBytes] = [sum(({ rows }) => rows), sum(({ sidecar }) => sidecar.sizeInBytes)]
  const checkpointMetadata: Action = {
    checkpointMetadata: {
      version,
      tags: { sidecarNumActions: String(sidecarRows), sidecarSizeInBytes: String(sidecarBytes), numOfAddFiles: String(numOfAddFiles) },
    },
  }
  const state = stateActions(list.state)
  const own: Action[] = [checkpointMetadata, ...sidecars.map(({ sidecar }) => ({ sidecar })), ...state]
  const path = v2CheckpointPath(version, randomUUID(), format)
  const size = format === 'json' ? await putJson(store, path, own) : await putParquet(store, path, own)
  const inHint = (actions: readonly Action[]) => actions.length > mostInHint ? undefined : actions.map(action => parseJson(encodeAction(action)))
  return {
    version,
    size: sidecarRows + own.length,
    sizeInBytes: sidecarBytes + size,
    numOfAddFiles,
    v2Checkpoint: {
      path: path.slice(logFolder.length),
      sizeInBytes: size,
      modificationTime: (await store.head(path))?.modifiedAt ?? 0,
      nonFileActions: inHint([...state, checkpointMetadata]),
      sidecarFiles: sidecars.length > mostInHint ? undefined : sidecars.map(({ sidecar }) => ({ ...sidecar })),
    },
  }
}

interface WrittenSidecar {
  readonly sidecar: Sidecar
  readonly rows: number
  readonly adds: number
}

/** Under names that nobody else gives: nobody reads them before the checkpoint names them. */
async function writeSidecars(
  store: ObjectStore,
  list: FileList,
  columns: CheckpointColumns,
  expiry: number,
  most: number,
): Promise<WrittenSidecar[]> {
  const done: WrittenSidecar[] = []
  let open: { readonly name: string; readonly upload: CheckpointUpload; readonly file: CheckpointFile } | undefined
  const close = async () => {
    if (open === undefined) return
    const { name, upload, file } = open
    const { rows, bytes, adds } = await file.finish()
    await upload.close()
    open = undefined
    const modificationTime = (await store.head(`${sidecarFolder}${name}`))?.modifiedAt ?? 0
    done.push({ sidecar: { path: name, sizeInBytes: bytes, modificationTime }, rows, adds })
  }
  try {
    for await (const actions of list.actions(expiry)) {
      for (let at = 0; at < actions.length; ) {
        if (open === undefined) {
          const name = `${randomUUID()}.parquet`
          const upload = new CheckpointUpload(store, `${sidecarFolder}${name}`)
          open = { name, upload, file: new CheckpointFile(upload, sidecarFields(columns), columns) }
        }
        const end = Math.min(actions.length, at + most - open.file.rows)
        await open.file.append(actions.slice(at, end))
        at = end
        if (open.file.rows >= most) await close()
      }
    }
    await close()
  } catch (error) {
    await open?.upload.abort()
    await Promise.allSettled(done.map(({ sidecar }) => store.delete(`${sidecarFolder}${sidecar.path}`)))
    throw error
  }
  return done
}

async function putJson(store: ObjectStore, path: string, actions: readonly Action[]): Promise<number> {
  const bytes = new TextEncoder().encode(actions.map(action => `${encodeAction(action)}\n`).join(''))
  await store.put(path, bytes)
  return bytes.length
}

async function putParquet(store: ObjectStore, path: string, actions: readonly Action[]): Promise<number> {
  const upload = new CheckpointUpload(store, path)
  try {
    const file = new CheckpointFile(upload, checkpointFields({ stats: true, v2: true }), { stats: true })
    await file.append(actions)
    const { bytes } = await file.finish()
    await upload.close()
    return bytes
  } catch (error) {
    await upload.abort()
    throw error
  }
}

/** A checkpoint's Parquet file, or a sidecar, written action by action. */
class CheckpointFile {
  readonly #parquet: ParquetWriter
  readonly #fields: readonly StructField[]
  readonly #columns: CheckpointColumns
  #pending: Action[] = []
  #rows = 0
  #adds = 0

  constructor(upload: CheckpointUpload, fields: readonly StructField[], columns: CheckpointColumns) {
    this.#parquet = new ParquetWriter(upload, fields, { codec: 'snappy' })
    this.#fields = fields
    this.#columns = columns
  }

  get rows(): number {
    return this.#rows
  }

  async append(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      if ('add' in action) this.#adds++
      this.#rows++
      if (this.#pending.push(action) >= groupRows) await this.#flush()
    }
  }

  async finish(): Promise<{ readonly rows: number; readonly bytes: number; readonly adds: number }> {
    await this.#flush()
    const { bytes } = await this.#parquet.finish()
    return { rows: this.#rows, bytes, adds: this.#adds }
  }

  async #flush(): Promise<void> {
    await this.#parquet.appendRowGroup(checkpointColumns(this.#pending, this.#fields, this.#columns.typed))
    this.#pending = []
  }
}

function stateActions({ protocol, metadata, txns, domains }: TableState): Action[] {
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map(txn => ({ txn })),
    ...[...domains.values()].map(domainMetadata => ({ domainMetadata })),
  ]
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
