import type { Column } from '../../parquet/dataType.js'
import { ParquetWriter } from '../../parquet/writer.js'
import type { ObjectStore, ObjectWriter } from '../../storage/objectStore.js'
import type { AddFile } from '../actions.js'
import { codecOf, type PartitionTexts } from '../dataFile.js'
import { encodeLogPath, newDataFileName } from '../path.js'
import { encodeStats, type FileStats } from '../stats.js'
import { collectStats } from '../statsCollector.js'
import type { TableShape } from '../statsColumns.js'
import type { PhysicalLayout } from './physicalLayout.js'
import { mergeStats } from './statsMerge.js'

/** A data file that is uploaded row group by row group, with exact statistics of its rows. */
export class StreamedFile {
  readonly #name: string
  readonly #upload: ObjectWriter
  readonly #parquet: ParquetWriter
  readonly #layout: PhysicalLayout
  #stats: FileStats = { numRecords: 0n, columns: new Map() }

  private constructor(name: string, upload: ObjectWriter, parquet: ParquetWriter, layout: PhysicalLayout) {
    this.#name = name
    this.#upload = upload
    this.#parquet = parquet
    this.#layout = layout
  }

  static async create(store: ObjectStore, table: TableShape, layout: PhysicalLayout): Promise<StreamedFile> {
    const name = newDataFileName()
    const upload = await store.create(name)
    return new StreamedFile(name, upload, new ParquetWriter(upload, layout.fields, { codec: codecOf(table) }), layout)
  }

  /** A row group of the layout's fields, in their order. */
  async append(columns: readonly Column[]): Promise<void> {
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
      path: encodeLogPath(this.#name),
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
