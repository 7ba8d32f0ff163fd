import { randomUUID } from 'node:crypto'

import type { ObjectStore } from '../../storage/index.js'
import { parseJson } from '../../types/index.js'
import { type Action, encodeAction, type Sidecar } from '../actions/index.js'
import { logFolder, sidecarFolder, v2CheckpointPath } from '../log/index.js'
import { CheckpointFile, stateActions, type WrittenCheckpoint } from './checkpointFile.js'
import { checkpointFields, type CheckpointLayout, sidecarFields } from './checkpointSchema.js'
import type { FileList } from './fileList.js'

/** How a V2 checkpoint is divided into files; without effect on a classic one. */
export interface V2CheckpointOptions {
  /** Of a V2 checkpoint's own file; JSON when absent, as Spark has it. */
  readonly format?: 'json' | 'parquet' | undefined
  /** File actions of one sidecar; 50,000 when absent, as Spark has it. */
  readonly sidecarActions?: number | undefined
}

const defaultSidecarActions = 50_000
/** Actions of either kind, beyond which `_last_checkpoint` leaves them out, as in Spark. */
const maxInHint = 30

/**
 * Writes a V2 checkpoint (PROTOCOL.md, "V2 Spec"): sidecars with the file actions, then the file that names them, under
 * a name of its own, so that none has its name.
 *
 * @param expiry milliseconds since 1970; tombstones made before are left out
 */
export async function writeV2Checkpoint(
  store: ObjectStore,
  list: FileList,
  columns: CheckpointLayout,
  expiry: number,
  { format = 'json', sidecarActions = defaultSidecarActions }: V2CheckpointOptions,
): Promise<WrittenCheckpoint> {
  const { version } = list.state
  const sidecars = await writeSidecars(store, list, columns, expiry, sidecarActions)
  const sum = (of: (file: WrittenSidecar) => number) => sidecars.reduce((total, file) => total + of(file), 0)
  const numOfAddFiles = sum(({ adds }) => adds)
  const [sidecarRows, sidecarBytes] = [sum(({ rows }) => rows), sum(({ sidecar }) => sidecar.sizeInBytes)]
  const checkpointMetadata: Action = {
    checkpointMetadata: {
      version,
      tags: {
        sidecarNumActions: String(sidecarRows),
        sidecarSizeInBytes: String(sidecarBytes),
        numOfAddFiles: String(numOfAddFiles),
      },
    },
  }
  const state = stateActions(list.state)
  const own: Action[] = [checkpointMetadata, ...sidecars.map(({ sidecar }) => ({ sidecar })), ...state]
  const path = v2CheckpointPath(version, randomUUID(), format)
  const size = format === 'json' ? await putJson(store, path, own) : await putParquet(store, path, own, columns)
  const inHint = (actions: readonly Action[]) =>
    actions.length > maxInHint ? undefined : actions.map(action => parseJson(encodeAction(action)))
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
      sidecarFiles: sidecars.length > maxInHint ? undefined : sidecars.map(({ sidecar }) => ({ ...sidecar })),
    },
  }
}

interface WrittenSidecar {
  readonly sidecar: Sidecar
  readonly rows: number
  readonly adds: number
}

/** Under unique names: nobody reads them before the checkpoint names them. */
async function writeSidecars(
  store: ObjectStore,
  list: FileList,
  columns: CheckpointLayout,
  expiry: number,
  most: number,
): Promise<WrittenSidecar[]> {
  const done: WrittenSidecar[] = []
  let open: { readonly name: string; readonly file: CheckpointFile } | undefined
  const close = async () => {
    if (open === undefined) return
    const { name, file } = open
    const { rows, bytes, adds } = await file.finish()
    open = undefined
    const modificationTime = (await store.head(`${sidecarFolder}${name}`))?.modifiedAt ?? 0
    done.push({ sidecar: { path: name, sizeInBytes: bytes, modificationTime }, rows, adds })
  }
  try {
    for await (const actions of list.actions(expiry)) {
      for (let at = 0; at < actions.length;) {
        if (open === undefined) {
          const name = `${randomUUID()}.parquet`
          open = { name, file: new CheckpointFile(store, `${sidecarFolder}${name}`, sidecarFields(columns), columns) }
        }
        const end = Math.min(actions.length, at + most - open.file.rows)
        await open.file.append(actions.slice(at, end))
        at = end
        if (open.file.rows >= most) await close()
      }
    }
    await close()
  } catch (error) {
    await open?.file.abort()
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

async function putParquet(
  store: ObjectStore,
  path: string,
  actions: readonly Action[],
  { codec }: CheckpointLayout,
): Promise<number> {
  const file = new CheckpointFile(store, path, checkpointFields({ stats: true, v2: true }), { stats: true, codec })
  try {
    await file.append(actions)
    return (await file.finish()).bytes
  } catch (error) {
    await file.abort()
    throw error
  }
}
