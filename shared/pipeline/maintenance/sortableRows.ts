import { unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { type AddFile, holdsPartitionColumns, isMapped, keepsRowIds, storedPath } from '../../delta/index.js'
import { type RewriteJob, StoredRows } from '../../delta/maintenance/index.js'
import { objectStoreSource, openParquet, ParquetWriter } from '../../parquet/index.js'
import {
  copyFields,
  copyToParquet,
  type DuckDbSession,
  type FileCache,
  literal,
  normalizedCopySql,
  openDeltaView,
  parquetFiles,
  publishFile,
} from '../../query/index.js'
import { LocalDiskStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import type { FileLayout } from '../incremental/index.js'

/** A job's rows as DuckDB can sort them, and data files of the table made of what it makes of them. */
export interface SortableRows {
  /** The rows' columns. */
  readonly fields: readonly StructField[]
  /** Where among them a column of the table is; nothing where there is no such column. */
  pathOf(column: readonly string[]): readonly string[] | undefined
  /** A SELECT of these columns, as long as it is not disposed of. */
  view(): Promise<{ readonly sql: string } & Disposable>
  /** A new file of the rows of a SELECT of these columns, in their order; none when there are none. */
  makeFile(select: string): Promise<AddFile | undefined>
}

/**
 * Where a table's files are nothing but its columns under its names, DuckDB reads the old ones and writes the new. For all
 * others this project's own reader and writer stand in between: they know physical names, field ids and row ids.
 */
export function sortableRows(
  session: DuckDbSession,
  cache: FileCache,
  job: RewriteJob,
  layout: FileLayout,
): SortableRows {
  const { protocol, metadata } = job.state
  const isPlain = !isMapped(metadata.configuration) && !keepsRowIds(job.state) && !holdsPartitionColumns(protocol)
  return isPlain ? plainRows(session, cache, job, layout) : storedRows(session, cache, job, layout)
}

function plainRows(
  session: DuckDbSession,
  cache: FileCache,
  { store, state, files, clock }: RewriteJob,
  layout: FileLayout,
): SortableRows {
  const table = { ...state.metadata, schema: state.schema }
  const partitionValues = files[0]?.partitionValues ?? {}
  return {
    fields: state.schema.fields,
    pathOf: column => column,
    view: () => openDeltaView(session, cache, { store, state, files }),
    async makeFile(select) {
      const file = await copyToParquet(session, { ...layout, select, table, partitionValues })
      return file === undefined ? undefined : publishFile(store, file, clock)
    },
  }
}

function storedRows(
  session: DuckDbSession,
  cache: FileCache,
  job: RewriteJob,
  { rowGroupRows, paged }: FileLayout,
): SortableRows {
  const stored = new StoredRows(job)
  const { fields } = stored
  const local = new LocalDiskStore(session.folder)
  const size = rowGroupRows === undefined ? '' : `, ROW_GROUP_SIZE ${rowGroupRows}`
  let made = 0
  return {
    fields,
    pathOf: column => storedPath({ ...job.state.metadata, schema: job.state.schema }, column),
    async view() {
      const copied = copyFields(fields)
      const lease = await cache.create(async sink => {
        const writer = new ParquetWriter(sink, copied, { packed: false })
        for await (const group of stored.groups()) {
          await writer.appendRowGroup(group.take().map(({ data }, i) => ({ field: copied[i] as StructField, data })))
        }
        await writer.finish()
      })
      const sql = `SELECT ${normalizedCopySql(fields).join(', ')} FROM ${parquetFiles(lease.paths)}`
      return {
        sql,
        [Symbol.dispose]: () => {
          lease.release()
        },
      }
    },
    async makeFile(select) {
      const name = `sorted-${++made}.parquet`
      const localPath = join(session.folder, name)
      await session.run(`COPY (${select}) TO ${literal(localPath)} (FORMAT parquet, COMPRESSION zstd${size})`)
      const parquet = await openParquet(objectStoreSource(local, name, (await local.head(name))?.size ?? 0))
      const output = await stored.create({ paged })
      try {
        for (const group of parquet.rowGroups) await output.append(await parquet.readStored(group, { fields }))
        return await stored.finish(output)
      } catch (error) {
        await output.abort()
        throw error
      } finally {
        await unlink(localPath)
      }
    },
  }
}
