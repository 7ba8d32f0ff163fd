import { type PagedColumns, ParquetWriter, type StoredColumn } from '../../parquet/index.js'
import type { ObjectStore, ObjectWriter } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { type AddFile, encodeLogPath } from '../actions/index.js'
import { compressionCodec } from '../protocol/index.js'
import { collectStats, encodeStats, type FileStats, mergeStats, type StatsShape } from '../stats/index.js'
import type { PartitionTexts } from './dataFile.js'
import { newDataFileName } from './dataFileName.js'
import type { PhysicalLayout } from './physicalLayout.js'

/**
 * What sets a {@link StreamedFile} apart from an ordinary data file of the table: its name, or columns that the schema
 * does not have.
 */
export interface StreamedFileOptions {
  /** The object's name; a new one for a data file when absent. */
  readonly name?: string | undefined
  /** Columns that the schema does not have, after the layout's; they have no statistics. */
  readonly hidden?: readonly StructField[] | undefined
  /** Columns of which few rows can be read by themselves. */
  readonly paged?: PagedColumns | undefined
}

/** A data file that is uploaded row group by row group, with exact statistics of its rows. */
export class StreamedFile {
  /** The object's. */
  readonly name: string
  readonly #upload: ObjectWriter
  readonly #parquet: ParquetWriter
  readonly #layout: PhysicalLayout
  readonly hidden: readonly StructField[]
  #stats: FileStats = { numRecords: 0n, columns: new Map() }
  #bytes = 0

  private constructor(
    name: string,
    upload: ObjectWriter,
    table: StatsShape,
    layout: PhysicalLayout,
    { hidden = [], paged }: StreamedFileOptions,
  ) {
    this.name = name
    this.#upload = upload
    this.#layout = layout
    this.hidden = hidden
    const sink = {
      write: (bytes: Uint8Array) => {
        this.#bytes += bytes.length
        return upload.write(bytes)
      },
    }
    this.#parquet = new ParquetWriter(sink, [...layout.fields, ...hidden], {
      codec: compressionCodec(table.configuration),
      paged,
    })
  }

  static async create(
    store: ObjectStore,
    table: StatsShape,
    layout: PhysicalLayout,
    options: StreamedFileOptions = {},
  ): Promise<StreamedFile> {
    const name = options.name ?? newDataFileName()
    return new StreamedFile(name, await store.create(name), table, layout, options)
  }

  /** Written so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** A row group of the layout's fields, in their order, and of the hidden ones. */
  async append(columns: readonly StoredColumn[]): Promise<void> {
    this.#stats = mergeStats(this.#stats, collectStats(columns, this.#layout.stats))
    await this.#parquet.appendRowGroup(columns)
  }

  /** Makes the file visible; nothing, and no file, when there are no rows. */
  async finish(partitionValues: PartitionTexts, modificationTime: number): Promise<AddFile | undefined> {
    if (this.#stats.numRecords === 0n) {
      await this.abort()
      return undefined
    }
    const { bytes } = await this.#parquet.finish()
    await this.#upload.close()
    return {
      path: encodeLogPath(this.name),
      partitionValues,
      size: bytes,
      modificationTime,
      dataChange: false,
      stats: encodeStats(this.#stats, this.#layout.stats),
    }
  }

  async abort(): Promise<void> {
    await this.#upload.abort()
  }
}
