import { isRetryable } from '../errors.js'
import type { StructField } from '../parquet/dataType.js'
import { openParquet, type ParquetFile } from '../parquet/reader.js'
import { storedFile } from '../parquet/storedFile.js'
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js'
import { StorageError } from '../storage/storageError.js'
import { decodeActions } from './actionCodec.js'
import type { Action, Sidecar } from './actions.js'
import { checkpointFields, sidecarField } from './checkpointSchema.js'
import { checkpointActions } from './checkpointRow.js'
import { DeltaError, type LogPlace } from './deltaError.js'
import { sidecarFolder } from './logName.js'
import type { CheckpointFiles } from './logListing.js'
import { decodeLogPath } from './path.js'

/** What a state needs of a checkpoint: everything but its files. */
const stateColumns = ['txn', 'metaData', 'protocol', 'domainMetadata']
const fileColumns = ['add', 'remove']

/**
 * The actions of a checkpoint that are not about files. Columns of file actions are not read at all, so that the cost
 * does not grow with the table.
 */
export async function readCheckpointState(store: ObjectStore, checkpoint: CheckpointFiles): Promise<Action[]> {
  const actions: Action[] = []
  for (const file of checkpoint.files) {
    if (checkpoint.form === 'v2Json') actions.push(...(await readJson(store, file)))
    else for await (const some of readParquet(store, file, stateColumns)) actions.push(...some)
  }
  return actions
}

/**
 * Every action of a checkpoint, sidecars included, a part at a time: only one row group is held. Throws
 * DELTA_CHECKPOINT_CORRUPT when a part or a sidecar is missing or cannot be read.
 */
export async function* readCheckpoint(store: ObjectStore, checkpoint: CheckpointFiles): AsyncGenerator<Action[], void> {
  for (const file of checkpoint.files) {
    if (checkpoint.form === 'classic' || checkpoint.form === 'multiPart') {
      yield* readParquet(store, file, [...stateColumns, ...fileColumns])
      continue
    }
    const sidecars: Sidecar[] = []
    const top =
      checkpoint.form === 'v2Json'
        ? [await readJson(store, file)]
        : readParquet(store, file, [...stateColumns, ...fileColumns, 'sidecar'])
    for await (const actions of top) {
      for (const action of actions) if ('sidecar' in action) sidecars.push(action.sidecar)
      yield actions
    }
    for (const sidecar of sidecars) yield* readSidecar(store, checkpoint.version, sidecar)
  }
}

async function* readSidecar(store: ObjectStore, version: number, { path }: Sidecar): AsyncGenerator<Action[], void> {
  const name = decodeLogPath(path)
  const file = await store.head(name.includes('/') ? name : `${sidecarFolder}${name}`)
  if (file === undefined) {
    throw new DeltaError('DELTA_CHECKPOINT_CORRUPT', `the sidecar ${name} of a checkpoint is missing`, {
      where: { table: store.url, version },
    })
  }
  yield* readParquet(store, file, fileColumns)
}

async function readJson(store: ObjectStore, { path }: ObjectInfo): Promise<Action[]> {
  const where = { table: store.url, file: path }
  const bytes = await store.get(path)
  if (bytes === undefined) throw new DeltaError('DELTA_CHECKPOINT_CORRUPT', 'a checkpoint is gone', { where })
  return decodeActions(new TextDecoder().decode(bytes), where)
}

async function* readParquet(
  store: ObjectStore,
  info: ObjectInfo,
  wanted: readonly string[],
): AsyncGenerator<Action[], void> {
  const where = { table: store.url, file: info.path }
  let file: ParquetFile
  try {
    file = await openParquet(storedFile(store, info.path, info.size))
  } catch (error) {
    throw corrupt(error, where)
  }
  const fields = projectedFields(file, wanted)
  for (const { rowStart, rows } of file.rowGroups) {
    let actions: Action[]
    try {
      const columns = await file.readColumns({ fields, rowStart, rowEnd: rowStart + rows })
      actions = checkpointActions(columns, where)
    } catch (error) {
      throw corrupt(error, where)
    }
    yield actions
  }
}

/** The wanted columns that the file has, without what nobody here looks at, such as statistics as a struct. */
function projectedFields(file: ParquetFile, wanted: readonly string[]): StructField[] {
  const present = new Set(file.fields.map(({ name }) => name))
  return [...checkpointFields({ stats: true }), sidecarField].filter(
    ({ name }) => wanted.includes(name) && present.has(name),
  )
}

/** What storage may answer better next time stays as it is; everything else is the file's fault. */
function corrupt(error: unknown, where: LogPlace): unknown {
  if (isRetryable(error) || error instanceof DeltaError || error instanceof StorageError) return error
  return new DeltaError('DELTA_CHECKPOINT_CORRUPT', 'a checkpoint cannot be read', { where, cause: error })
}
