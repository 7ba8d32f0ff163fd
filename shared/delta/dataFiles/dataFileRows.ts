import { type CodedError, isRetryable } from '../../errors.js'
import {
  decodedData,
  objectStoreSource,
  openParquet,
  ParquetError,
  type ParquetFile,
  type ReadOptions,
  type RowGroupInfo,
  type StoredData,
} from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { type ColumnData, namedValue, type StructField, type Value } from '../../types/index.js'
import { type DataObject, type DeletionVector, locateData, type OpenFolder } from '../actions/index.js'
import { readDeletionVector } from '../deletionVectors/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { charPadding, type ColumnLayout, type ColumnPlace, padColumn, parsePartitionValue } from '../schema/index.js'
import { pickedData } from './columnData.js'
import { allExcept, type RowChoice } from './rowChoice.js'

/** Some rows, column by column. */
export interface RowBatch {
  readonly rows: number
  /** In the order of the fields asked for. */
  readonly columns: readonly ColumnData[]
  /** The place of each row in its data file, counting those deleted: what a deletion vector holds. */
  positions(): Float64Array
}

/** The same with strings as they are stored, where that is possible. */
export interface StoredBatch extends Omit<RowBatch, 'columns'> {
  readonly columns: readonly StoredData[]
}

/** The log's entry for a file with rows: an `add`, a `remove` or a `cdc`. */
export interface RowFile {
  readonly path: string
  readonly partitionValues?: Readonly<Record<string, string | null>> | undefined
  /** Looked up when absent. */
  readonly size?: number | undefined
  readonly deletionVector?: DeletionVector | undefined
}

/**
 * Which columns and rows of a data file are read, and by which mapping. `openFolder` is for files outside the table's
 * folder; `where` is named in errors.
 */
export interface FileRowsOptions {
  readonly layout: ColumnLayout
  readonly fields: readonly StructField[]
  /** What the file's own deletion vector leaves when absent. */
  readonly choice?: RowChoice | undefined
  /** Row groups for which it is false are passed over. */
  readonly isGroupWanted?: ((group: RowGroupInfo) => boolean) | undefined
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset, which old writers left; UTC when absent. */
  readonly timeZone?: string | undefined
  readonly where: LogPlace
}

/**
 * The rows of one data file, a row group at a time: columns by the table's mapping and types, partition values from the
 * log, null what the file lacks. A row group of which no row is wanted is not read.
 *
 * @throws DeltaError DELTA_BAD_DATA_FILE, DELTA_FILE_MISSING, DELTA_BAD_DELETION_VECTOR, DELTA_BAD_PARTITION_VALUE
 */
export function readDataFile(
  store: ObjectStore,
  file: RowFile,
  options: FileRowsOptions,
): AsyncGenerator<RowBatch, void> {
  return readBatches(store, file, options, (parquet, group, wanted) =>
    parquet.readColumns({ ...wanted, rowStart: group.rowStart, rowEnd: group.rowStart + group.rows }),
  )
}

/** As {@link readDataFile}, for callers that write the rows again. */
export function readStoredFile(
  store: ObjectStore,
  file: RowFile,
  options: FileRowsOptions,
): AsyncGenerator<StoredBatch, void> {
  return readBatches<StoredData>(store, file, options, (parquet, group, wanted) => parquet.readStored(group, wanted))
}

type GroupReading<D extends StoredData> = (
  parquet: ParquetFile,
  group: RowGroupInfo,
  wanted: ReadOptions,
) => Promise<readonly { readonly data: D }[]>

interface Batch<D extends StoredData> extends Omit<RowBatch, 'columns'> {
  readonly columns: readonly (D | ColumnData)[]
}

async function* readBatches<D extends StoredData>(
  store: ObjectStore,
  file: RowFile,
  options: FileRowsOptions,
  readGroup: GroupReading<D>,
): AsyncGenerator<Batch<D>, void> {
  const { layout, fields } = options
  const where = { table: store.url, ...options.where, file: file.path }
  const places = fields.map(field => layout.placeOf(field))
  const stored = places.flatMap(place => (place.kind === 'stored' ? [place.field] : []))
  const paddings = fields.map(charPadding)
  const constants = places.map((place, i) => {
    const [value, pad] = [constantOf(place, file, options.timeZone, where), paddings[i]]
    return value === null || pad === undefined ? value : pad(value)
  })
  const [parquet, choice] = await Promise.all([
    openData(await locateData(store, file.path, { ...options, where }), file.size, where),
    options.choice ?? remaining(store, file.deletionVector, { ...options, where }),
  ])
  if (layout.match === 'id' && stored.length > 0 && parquet.fields.every(field => field.metadata === undefined))
    throw badFile('has no field ids, and by these its table finds columns', where)
  if (choice !== undefined && choice.end > parquet.rowCount)
    throw new DeltaError(
      'DELTA_BAD_DELETION_VECTOR',
      `a deletion vector speaks of row ${choice.end - 1} of a data file of ${parquet.rowCount} rows`,
      { where },
    )
  for (const group of parquet.rowGroups) {
    if (options.isGroupWanted?.(group) === false) continue
    const { rowStart, rows } = group
    const kept = choice?.among(rowStart, rows)
    const count = kept?.length ?? rows
    if (count === 0) continue
    const read =
      stored.length === 0
        ? []
        : await reading(where, () => readGroup(parquet, group, { fields: stored, match: layout.match }))
    let next = 0
    const columns = places.map((place, i): D | ColumnData => {
      if (place.kind !== 'stored') return new Array<Value>(count).fill(constants[i] ?? null)
      const data = read[next++]?.data ?? []
      const wanted = kept === undefined ? data : pickedData(data, kept)
      const pad = paddings[i]
      return pad === undefined ? wanted : padColumn(decodedData(wanted), pad)
    })
    yield {
      rows: count,
      columns,
      positions: () => positionsOf(rowStart, count, kept),
    }
  }
}

/** A loop: made by a function for each it takes many times as long, and a file may have millions. */
function positionsOf(rowStart: number, count: number, kept: Int32Array | undefined): Float64Array {
  const positions = new Float64Array(count)
  for (let i = 0; i < count; i++) positions[i] = rowStart + (kept === undefined ? i : (kept[i] as number))
  return positions
}

async function remaining(
  store: ObjectStore,
  vector: DeletionVector | undefined,
  place: { readonly openFolder?: OpenFolder | undefined; readonly where: LogPlace },
): Promise<RowChoice | undefined> {
  return vector === undefined ? undefined : allExcept(await readDeletionVector(store, vector, place))
}

async function openData({ store, path }: DataObject, size: number | undefined, where: LogPlace): Promise<ParquetFile> {
  const bytes = size ?? (await store.head(path))?.size
  if (bytes === undefined) throw missing(where)
  return reading(where, () => openParquet(objectStoreSource(store, path, bytes)))
}

function constantOf(place: ColumnPlace, file: RowFile, zone: string | undefined, where: LogPlace): Value {
  if (place.kind !== 'partition') return null
  const text = namedValue(file.partitionValues ?? {}, place.key)
  if (text === undefined) {
    // Spark leaves nulls out of the partition values of a `remove`.
    if (!('modificationTime' in file)) return null
    throw new DeltaError(
      'DELTA_BAD_PARTITION_VALUE',
      `the log has no value of the partition column ${place.key} for a data file`,
      { where },
    )
  }
  return parsePartitionValue(place.type, text, { zone, where })
}

/** Runs a read of the file; an error about damage then names the table as well. */
async function reading<T>(where: LogPlace, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof ParquetError) || isRetryable(error)) throw error
    if (error.code === 'PARQUET_MISSING') throw missing(where, error)
    throw badFile(`cannot be read: ${error.message}`, where, error)
  }
}

function missing(where: LogPlace, cause?: CodedError): DeltaError {
  return new DeltaError(
    'DELTA_FILE_MISSING',
    'a data file is missing; was it vacuumed while an older version was being read?',
    { where, cause },
  )
}

function badFile(what: string, where: LogPlace, cause?: CodedError): DeltaError {
  return new DeltaError('DELTA_BAD_DATA_FILE', `a data file ${what}`, { where, cause })
}
