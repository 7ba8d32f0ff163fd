import { isRetryable } from '../../errors.js'
import { objectStoreSource, openParquet, ParquetError, type ParquetFile } from '../../parquet/index.js'
import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import { isStruct, type Row, type StructField } from '../../types/index.js'
import { type Action, type AddFile, decodeActions, decodeLogPath, type Sidecar } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { type CheckpointFiles, sidecarFolder } from '../log/index.js'
import { statsJson } from '../stats/index.js'
import { plainAdds } from './checkpointAdds.js'
import { checkpointActions } from './checkpointRow.js'
import { checkpointFields, sidecarField } from './checkpointSchema.js'

type StoredFile = Pick<ObjectInfo, 'path' | 'size'>

/** What a state needs of a checkpoint: everything but its files. */
const stateColumns = ['txn', 'metaData', 'protocol', 'domainMetadata']
const fileColumns = ['add', 'remove']

/**
 * The actions of a checkpoint that are not about files, sidecars among them. Columns of file actions are not read at
 * all, so that the cost does not grow with the table.
 */
export async function readCheckpointState(store: ObjectStore, checkpoint: CheckpointFiles): Promise<Action[]> {
  const actions: Action[] = []
  for (const file of checkpoint.files) {
    if (checkpoint.form === 'v2Json') actions.push(...(await readJson(store, file)))
    else for await (const some of readParquet(store, file, [...stateColumns, 'sidecar'])) actions.push(...some.actions)
  }
  return actions
}

/**
 * Every action of a checkpoint, sidecars included, a part at a time: only one row group is held. See
 * {@link isUnreadable} for what goes wrong.
 */
export async function* readCheckpoint(store: ObjectStore, checkpoint: CheckpointFiles): AsyncGenerator<Action[], void> {
  for await (const { actions, adds } of readCheckpointParts(store, checkpoint)) {
    yield adds.length === 0 ? actions : [...actions, ...adds.map(add => ({ add }))]
  }
}

/** Some of a checkpoint; an `add` is in one of the two lists. */
export interface CheckpointPart {
  readonly actions: Action[]
  /** Most of the files: without an action around each. */
  readonly adds: readonly AddFile[]
}

/** As {@link readCheckpoint}, for the files alone. */
export async function* readCheckpointParts(
  store: ObjectStore,
  checkpoint: CheckpointFiles,
): AsyncGenerator<CheckpointPart, void> {
  for (const file of checkpoint.files) {
    if (checkpoint.form === 'classic' || checkpoint.form === 'multiPart') {
      yield* readParquet(store, file, [...stateColumns, ...fileColumns])
      continue
    }
    const sidecars: Sidecar[] = []
    const top =
      checkpoint.form === 'v2Json'
        ? [{ actions: await readJson(store, file), adds: [] }]
        : readParquet(store, file, [...stateColumns, ...fileColumns, 'sidecar'])
    for await (const part of top) {
      for (const action of part.actions) if ('sidecar' in action) sidecars.push(action.sidecar)
      yield part
    }
    for (const sidecar of sidecars) yield* readSidecar(store, sidecar)
  }
}

async function* readSidecar(store: ObjectStore, sidecar: Sidecar): AsyncGenerator<CheckpointPart, void> {
  yield* readParquet(store, { path: sidecarPath(sidecar), size: sidecar.sizeInBytes }, fileColumns)
}

/** A sidecar's name, relative to the table. */
export function sidecarPath({ path }: Sidecar): string {
  const name = decodeLogPath(path)
  return name.includes('/') ? name : `${sidecarFolder}${name}`
}

/** @throws DeltaError DELTA_FILE_MISSING unless every sidecar that `actions` name is there */
export async function requireSidecars(store: ObjectStore, version: number, actions: readonly Action[]): Promise<void> {
  const paths = actions.flatMap(action => ('sidecar' in action ? [sidecarPath(action.sidecar)] : []))
  const found = await Promise.all(paths.map(path => store.head(path)))
  const missing = paths.find((_path, i) => found[i] === undefined)
  if (missing === undefined) return
  throw new DeltaError('DELTA_FILE_MISSING', 'a sidecar of a checkpoint is missing', {
    where: { table: store.url, version, file: missing },
  })
}

async function readJson(store: ObjectStore, { path }: StoredFile): Promise<Action[]> {
  const where = { table: store.url, file: path }
  const bytes = await store.get(path)
  if (bytes === undefined) throw new DeltaError('DELTA_FILE_MISSING', 'a checkpoint is gone', { where })
  return decodeActions(new TextDecoder().decode(bytes), where)
}

async function* readParquet(
  store: ObjectStore,
  { path, size }: StoredFile,
  wanted: readonly string[],
): AsyncGenerator<CheckpointPart, void> {
  const file = await openParquet(objectStoreSource(store, path, size))
  const parsedStats = structStatsOnly(file)
  const fields = projectedFields(file, wanted, parsedStats)
  const statsOf = parsedStats === undefined ? undefined : (add: Row) => statsJson(parsedStats, add)
  for (const group of file.rowGroups) {
    const present = fields.filter(({ name }) => file.mayHaveValues(group, [name, alwaysThere[name] ?? '']))
    const adds = wanted.includes('add') && statsOf === undefined ? await plainAdds(file, group) : undefined
    const range = { rowStart: group.rowStart, rowEnd: group.rowStart + group.rows }
    const columns = await file.readColumns({
      fields: present.filter(({ name }) => adds === undefined || name !== 'add'),
      ...range,
    })
    yield { actions: checkpointActions(columns, { table: store.url, file: path }, statsOf), adds: adds ?? [] }
  }
}

/** A field that every action of its kind has: a row group where it has no value has no such action, and is not read. */
const alwaysThere: Readonly<Record<string, string>> = {
  add: 'path',
  remove: 'path',
  txn: 'appId',
  metaData: 'id',
  protocol: 'minReaderVersion',
  domainMetadata: 'domain',
  sidecar: 'path',
}

/** The statistics' column where they are a struct and not JSON as well. */
function structStatsOnly(file: ParquetFile): StructField | undefined {
  const add = file.fields.find(({ name }) => name === 'add')?.type
  if (!isStruct(add)) return undefined
  if (add.fields.some(({ name }) => name === 'stats')) return undefined
  return add.fields.find(({ name }) => name === 'stats_parsed')
}

/** The wanted columns that the file has, without those that are not read here, such as typed partition values. */
function projectedFields(
  file: ParquetFile,
  wanted: readonly string[],
  parsedStats: StructField | undefined,
): StructField[] {
  const present = new Set(file.fields.map(({ name }) => name))
  return [...checkpointFields({ stats: true }), sidecarField]
    .filter(({ name }) => wanted.includes(name) && present.has(name))
    .map(field => (field.name === 'add' && parsedStats !== undefined ? withField(field, parsedStats) : field))
}

function withField(struct: StructField, field: StructField): StructField {
  if (!isStruct(struct.type)) return struct
  return { ...struct, type: { type: 'struct', fields: [...struct.type.fields, field] } }
}

/**
 * Whether a checkpoint failed because its bytes are missing or damaged, so that an older one may be used instead. One
 * that can be read and whose actions are invalid is not passed over: then something is wrong with the table.
 */
export function isUnreadable(error: unknown): boolean {
  if (isRetryable(error)) return false
  if (error instanceof DeltaError) return error.code === 'DELTA_FILE_MISSING' || error.code === 'DELTA_BAD_JSON'
  return error instanceof ParquetError
}
