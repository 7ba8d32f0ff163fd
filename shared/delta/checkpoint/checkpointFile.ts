import { ParquetWriter } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import type { Action } from '../actions/index.js'
import type { TableState } from '../protocol/index.js'
import type { CheckpointLayout } from './checkpointSchema.js'
import { CheckpointUpload } from './checkpointUpload.js'
import { checkpointColumns } from './checkpointValue.js'
import type { LastCheckpoint } from './lastCheckpoint.js'

/** Rows of a row group: what is held in memory at a time. */
const groupRows = 5_000

/** A checkpoint as `_last_checkpoint` describes it. */
export type WrittenCheckpoint = LastCheckpoint & { readonly sizeInBytes: number; readonly numOfAddFiles: number }

/**
 * The answer of {@link CheckpointFile.finish}: actions, bytes, and how many of the actions are `add`s. `exists`: there
 * was a file of this name, and it stays as it is.
 */
export interface FinishedFile {
  readonly kind: 'created' | 'exists'
  readonly rows: number
  readonly bytes: number
  readonly adds: number
}

/** A checkpoint's Parquet file, or a sidecar, written action by action. */
export class CheckpointFile {
  readonly #upload: CheckpointUpload
  readonly #parquet: ParquetWriter
  readonly #fields: readonly StructField[]
  readonly #columns: CheckpointLayout
  #pending: Action[] = []
  #rows = 0
  #adds = 0

  constructor(store: ObjectStore, path: string, fields: readonly StructField[], columns: CheckpointLayout) {
    this.#upload = new CheckpointUpload(store, path)
    this.#parquet = new ParquetWriter(this.#upload, fields, { codec: columns.codec })
    this.#fields = fields
    this.#columns = columns
  }

  /** How many actions were appended. */
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

  /** Makes the file visible, unless there is one of its name. */
  async finish(): Promise<FinishedFile> {
    await this.#flush()
    const { bytes } = await this.#parquet.finish()
    return { kind: await this.#upload.close(), rows: this.#rows, bytes, adds: this.#adds }
  }

  /** Gives up what was written. */
  abort(): Promise<void> {
    return this.#upload.abort()
  }

  async #flush(): Promise<void> {
    await this.#parquet.appendRowGroup(checkpointColumns(this.#pending, this.#fields, this.#columns.typed))
    this.#pending = []
  }
}

/** What a checkpoint holds of a table besides its files. */
export function stateActions({ protocol, metadata, txns, domains }: TableState): Action[] {
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map(txn => ({ txn })),
    ...[...domains.values()].map(domainMetadata => ({ domainMetadata })),
  ]
}
