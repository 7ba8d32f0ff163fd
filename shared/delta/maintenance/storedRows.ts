import type { StoredColumn, StoredData } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { ColumnData, StructField } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import {
  copiedRowGroupBytes,
  dataFileLayout,
  type FileRowsOptions,
  joinedStored,
  originReading,
  type PhysicalLayout,
  readStoredFile,
  rowGroupRows,
  rowIdColumns,
  type StoredBatch,
  StreamedFile,
  type StreamedFileOptions,
} from '../dataFiles/index.js'
import { type ColumnLayout, columnLayout, type ColumnPlace } from '../schema/index.js'
import type { RewriteJob } from './rewriter.js'

/**
 * The rows of a job's files as data files of the table hold them: under physical names, with row ids and commit
 * versions where the table tracks rows, and whatever else its protocol asks of its files.
 *
 * ```ts
 * const rows = new StoredRows(job)
 * const file = await rows.create()
 * for await (const group of rows.groups()) await file.append(group.take())
 * const add = await rows.finish(file)
 * ```
 */
export class StoredRows {
  /** The columns of the table's data files, in their order. */
  readonly fields: readonly StructField[]
  readonly #job: RewriteJob
  readonly #layout: PhysicalLayout
  readonly #hidden: readonly StructField[]

  /** @throws DeltaError DELTA_BAD_PROPERTY for a table that tracks rows and does not name the columns */
  constructor(job: RewriteJob) {
    this.#job = job
    this.#layout = dataFileLayout(job.state)
    const columns = rowIdColumns(job.state, { table: job.store.url })
    this.#hidden = columns === undefined ? [] : [columns.id, columns.commitVersion]
    this.fields = [...this.#layout.fields, ...this.#hidden]
  }

  /** The live rows of the files in their order, as many at a time as a row group is to have. */
  async *groups(): AsyncGenerator<StoredGroup, void> {
    let parts: ReadGroup[] = []
    let [rows, bytes] = [0, 0]
    for await (const group of readGroups(this.#job, this.#layout)) {
      if (rows > 0 && (rows + group.rows > rowGroupRows || bytes + group.bytes > copiedRowGroupBytes)) {
        yield this.#group(parts)
        parts = []
        rows = bytes = 0
      }
      parts.push(group)
      rows += group.rows
      bytes += group.bytes
    }
    if (rows > 0) yield this.#group(parts)
  }

  /** A new file of the table, for row groups of {@link fields}. */
  create({ paged }: { readonly paged?: StreamedFileOptions['paged'] } = {}): Promise<StreamedFile> {
    const { store, state } = this.#job
    return StreamedFile.create(store, { ...state.metadata, schema: state.schema }, this.#layout, {
      hidden: this.#hidden,
      paged,
    })
  }

  /** Makes a file visible in the partition that the rows came from; nothing, and no file, when it has no rows. */
  finish(file: StreamedFile): Promise<AddFile | undefined> {
    return file.finish(this.#job.files[0]?.partitionValues ?? {}, this.#job.clock.now())
  }

  #group(parts: readonly ReadGroup[]): StoredGroup {
    let left = parts
    return {
      take: () => {
        const taken = left
        left = []
        return this.fields.map((field, i) => ({
          field,
          data: joinedStored(taken.map(({ columns }) => columns[i] ?? [])),
        }))
      },
    }
  }
}

/** Rows of one or more files. */
export interface StoredGroup {
  /**
   * The rows, by {@link StoredRows.fields}; to be called once. Only then are they concatenated, which takes memory of
   * its own.
   */
  take(): readonly StoredColumn[]
}

/** Files of at most this many bytes are read ahead, and this many of them. */
const smallFileBytes = 2 ** 20
const readAhead = 16

interface ReadGroup {
  readonly columns: readonly StoredData[]
  readonly rows: number
  /** Bytes in the file, about. */
  readonly bytes: number
}

/** Row group by row group; of small files the first rows are read ahead. */
async function* readGroups(
  { store, state, files, between }: RewriteJob,
  { fields, source }: PhysicalLayout,
): AsyncGenerator<ReadGroup, void> {
  const where = { table: store.url }
  const { match, placeOf } = columnLayout(state, where)
  const places = new Map(
    source.map((field, i): [StructField | undefined, ColumnPlace] => {
      const place = placeOf(field)
      const stored = fields[i] ?? field
      // Read under the names that they are written under, inside structs too.
      return [stored, place.kind === 'stored' ? { kind: 'stored', field: stored } : place]
    }),
  )
  const stored: ColumnLayout = { match, placeOf: field => places.get(field) ?? placeOf(field) }
  const reading = originReading(state, { layout: stored, fields }, where)
  const options = { ...reading, where }
  const groupColumns = (batch: StoredBatch, file: AddFile): readonly StoredData[] => {
    // The columns that hold the origins of rows are numeric.
    const origins = reading.originsOf(
      { ...batch, columns: batch.columns.map((data, i) => (i < fields.length ? [] : (data as ColumnData))) },
      file,
    )
    return origins === undefined
      ? batch.columns
      : [...batch.columns.slice(0, fields.length), origins.ids, origins.commitVersions]
  }
  const ahead: Opened[] = []
  let next = 0
  try {
    for (const file of files) {
      while (
        next < files.length &&
        ahead.length < readAhead &&
        (ahead.length === 0 || (files[next]?.size ?? 0) <= smallFileBytes)
      ) {
        await between?.()
        ahead.push(open(store, files[next++] as AddFile, options))
      }
      const { rows, first } = ahead[0] as Opened
      const perRow = file.size / Math.max(1, Number(file.records ?? 1n))
      for (let step = await first; step.done !== true; step = await rows.next())
        yield {
          columns: groupColumns(step.value, file),
          rows: step.value.rows,
          bytes: Math.min(file.size, step.value.rows * perRow),
        }
      ahead.shift()
    }
  } finally {
    await Promise.allSettled(
      ahead.map(async ({ rows, first }) => {
        await first
        await rows.return()
      }),
    )
  }
}

interface Opened {
  readonly rows: AsyncGenerator<StoredBatch, void>
  readonly first: Promise<IteratorResult<StoredBatch, void>>
}

function open(store: ObjectStore, file: AddFile, options: FileRowsOptions): Opened {
  const rows = readStoredFile(store, file, options)
  const first = rows.next()
  // A failure is reported when the file's turn comes.
  first.catch(() => undefined)
  return { rows, first }
}
