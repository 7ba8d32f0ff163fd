import { randomUUID } from 'node:crypto'

import { systemClock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField, Value } from '../../types/index.js'
import type { CdcFile } from '../actions/index.js'
import type { ChangeType } from '../changeDataFeed/index.js'
import { physicalLayout, targetFileSizeOf } from '../dataFiles/index.js'
import type { LogPlace } from '../deltaError.js'
import { requireWritableRows } from '../protocol/index.js'
import { conformRows } from './conformRows.js'
import { PartitionFiles } from './partitionFiles.js'
import type { StoredRows } from './rows.js'
import { RowSplitter, type TableWriterOptions, type WritableTable, writtenFeatures } from './tableWriter.js'

const changeType: StructField = { name: '_change_type', type: 'string', nullable: true }

/**
 * Writes rows that a commit changes into change data files (PROTOCOL.md, "Change Data Files"): like data files, in a
 * folder of their own, with what became of each row beside it. See {@link TableWriter}.
 */
export class ChangeFileWriter {
  readonly #files: PartitionFiles
  readonly #rows: RowSplitter
  readonly #where: LogPlace
  #count = 0

  constructor(store: ObjectStore, table: WritableTable, options: TableWriterOptions = {}) {
    const { metadata, schema, version } = table
    this.#where = { table: store.url, version }
    // Rows that are checked already, or were in the table.
    requireWritableRows(table, 'rearrange', writtenFeatures(options), this.#where)
    const shape = { ...metadata, schema }
    const layout = physicalLayout(shape)
    const fields = layout.fields.map(field => ({ ...field, nullable: true }))
    this.#rows = new RowSplitter(shape, layout)
    this.#files = new PartitionFiles({
      store,
      table: shape,
      layout: { ...layout, fields },
      targetFileSize: options.targetFileSize ?? targetFileSizeOf(metadata.configuration),
      clock: options.clock ?? systemClock,
      newName: () => `_change_data/cdc-${randomUUID()}.parquet`,
    })
  }

  /** @param rows in the table's logical names and types, partition columns among them */
  async write(rows: StoredRows, type: ChangeType): Promise<void> {
    const fitted = conformRows(this.#rows.shape, rows, { where: this.#where, rowsBefore: this.#count, nullable: true })
    this.#count += rows.count
    const types = new Array<Value>(rows.count).fill(type)
    for (const part of this.#rows.split(fitted, [types], this.#count - rows.count))
      await this.#files.append({ ...part, hidden: [changeType] })
  }

  async finish(): Promise<readonly CdcFile[]> {
    return (await this.#files.finish()).map(({ path, partitionValues, size }) => ({
      path,
      partitionValues,
      size,
      dataChange: false,
    }))
  }

  /** Deletes all files of this writer, finished ones as well. */
  async abort(): Promise<void> {
    await this.#files.abort()
  }
}
