import type { Clock } from '../../clock.js'
import type { StoredData } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import {
  dataBytes,
  discard,
  joinedStored,
  type PartitionTexts,
  type PhysicalLayout,
  rowGroupBytes,
  rowGroupRows,
  StreamedFile,
} from '../dataFiles/index.js'
import type { StatsShape } from '../stats/index.js'

/** What all partitions together may hold in memory before the largest is written out. */
const heldBytes = 128 * 2 ** 20
/** Uploads that are open at once; each may hold a block in memory. */
const openFiles = 64

/** What {@link PartitionFiles} writes for; `newName` answers a name for an object, another one each time. */
export interface PartitionFilesOptions {
  /** Rooted at the table. */
  readonly store: ObjectStore
  readonly table: StatsShape
  readonly layout: PhysicalLayout
  /** Bytes of a file, about. */
  readonly targetFileSize: number
  readonly clock: Clock
  readonly newName: () => string
}

/** Rows of one partition: columns of the layout's fields, in their order, and then of `hidden`. */
export interface PartitionRows {
  readonly key: string
  readonly values: PartitionTexts
  readonly count: number
  readonly columns: readonly StoredData[]
  readonly hidden: readonly StructField[]
}

interface Partition {
  readonly values: PartitionTexts
  hidden: readonly StructField[]
  parts: (readonly StoredData[])[]
  rows: number
  bytes: number
  file: StreamedFile | undefined
}

/**
 * The files that rows go to: several partitions at once, each with a row group in memory and an open file. Memory is
 * bounded: when partitions hold too much together, the largest is written out.
 */
export class PartitionFiles {
  readonly #options: PartitionFilesOptions
  readonly #partitions = new Map<string, Partition>()
  readonly #groupBytes: number
  #held = 0
  #open = 0
  #finished: AddFile[] = []

  constructor(options: PartitionFilesOptions) {
    this.#options = options
    // Small files need small groups: a file can only end between two of them.
    this.#groupBytes = Math.max(1, Math.min(rowGroupBytes, options.targetFileSize * 2))
  }

  async append({ key, values, count, columns, hidden }: PartitionRows): Promise<void> {
    let partition = this.#partitions.get(key)
    if (partition === undefined) {
      partition = { values, hidden, parts: [], rows: 0, bytes: 0, file: undefined }
      this.#partitions.set(key, partition)
    } else if (partition.hidden.length !== hidden.length) {
      await this.#flush(partition)
      partition.hidden = hidden
    }
    const bytesPerRow = columns.reduce((sum, data) => sum + dataBytes(data), 0) / Math.max(1, count)
    for (let from = 0; from < count;) {
      const byBytes = Math.ceil((this.#groupBytes - partition.bytes) / Math.max(1, bytesPerRow))
      const rows = Math.max(1, Math.min(count - from, rowGroupRows - partition.rows, byBytes))
      partition.parts.push(rows === count ? columns : columns.map(data => data.slice(from, from + rows)))
      partition.rows += rows
      partition.bytes += rows * bytesPerRow
      this.#held += rows * bytesPerRow
      from += rows
      if (partition.rows >= rowGroupRows || partition.bytes >= this.#groupBytes) await this.#flush(partition)
    }
    while (this.#held > heldBytes) await this.#flush(this.#largest())
  }

  /** Makes all files visible; nothing may be appended afterwards. */
  async finish(): Promise<readonly AddFile[]> {
    for (const partition of this.#partitions.values()) {
      await this.#flush(partition)
      await this.#close(partition)
    }
    this.#partitions.clear()
    return this.#finished
  }

  /** Deletes what was written; best effort, VACUUM does the rest. */
  async abort(): Promise<void> {
    await Promise.allSettled([...this.#partitions.values()].map(async ({ file }) => file?.abort()))
    await discard(this.#options, this.#finished)
    this.#partitions.clear()
    this.#finished = []
    this.#held = 0
    this.#open = 0
  }

  async #flush(partition: Partition): Promise<void> {
    const { parts, rows, bytes, hidden } = partition
    if (rows === 0) return
    if (partition.file !== undefined && partition.file.hidden.length !== hidden.length) await this.#close(partition)
    partition.parts = []
    partition.rows = 0
    partition.bytes = 0
    this.#held = Math.max(0, this.#held - bytes)
    const { store, table, layout, targetFileSize, newName } = this.#options
    if (partition.file === undefined) {
      if (this.#open >= openFiles) await this.#closeLargest()
      partition.file = await StreamedFile.create(store, table, layout, { name: newName(), hidden })
      this.#open++
    }
    await partition.file.append(
      [...layout.fields, ...hidden].map((field, i) => ({
        field,
        data: joinedStored(parts.map(part => part[i] ?? [])),
      })),
    )
    if (partition.file.bytes >= targetFileSize) await this.#close(partition)
  }

  async #close(partition: Partition): Promise<void> {
    const { file } = partition
    if (file === undefined) return
    partition.file = undefined
    this.#open--
    try {
      const add = await file.finish(partition.values, this.#options.clock.now())
      if (add !== undefined) this.#finished.push(add)
    } catch (error) {
      await file.abort()
      // It may be there all the same, when only the answer was lost.
      await this.#options.store.delete(file.name).catch(() => undefined)
      throw error
    }
  }

  #largest(): Partition {
    return [...this.#partitions.values()].reduce((most, partition) => (partition.bytes > most.bytes ? partition : most))
  }

  async #closeLargest(): Promise<void> {
    let most: Partition | undefined
    for (const partition of this.#partitions.values()) {
      if (partition.file !== undefined && (most?.file === undefined || partition.file.bytes > most.file.bytes))
        most = partition
    }
    if (most !== undefined) await this.#close(most)
  }
}
