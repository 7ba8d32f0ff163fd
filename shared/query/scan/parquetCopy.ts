import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../../clock.js'
import {
  type AddFile,
  compressionCodec,
  encodeLogPath,
  isVoid,
  newDataFileName,
  type StatsShape,
} from '../../delta/index.js'
import type { PagedColumns, ParquetSource } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { type DuckDbSession, identifier, literal, sqlType } from '../duckdb/index.js'
import { collectFileStats } from './fileStats.js'

/** A data file to be written from a query. */
export interface ParquetCopy {
  /** A SELECT with (at least) the schema's columns that are not partition columns, under their names. */
  readonly select: string
  /** ORDER BY terms, without the words; the order of the rows in the file. */
  readonly orderBy?: string | undefined
  readonly table: StatsShape
  /** Every partition column's value as the log has it. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** Rows of a row group: a multiple of 2,048; DuckDB's own when absent. */
  readonly rowGroupRows?: number | undefined
  /** Columns whose chunks are several pages, which DuckDB writes as one. */
  readonly paged?: PagedColumns | undefined
}

/** A file on the local disk, complete, not yet in the table's store. */
export interface CopiedFile {
  readonly localPath: string
  readonly rows: number
  /** Bytes, on the local disk. */
  readonly size: number
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** The statistics' JSON text. */
  readonly stats: string
  /** The pages that it gets on its way to the store. */
  readonly paged: PagedColumns | undefined
}

let copies = 0

/**
 * Writes a query's rows to a local Parquet file in the types that Spark, delta-rs and DuckDB agree on: timestamps as
 * INT64 microseconds adjusted to UTC, decimals and nested columns as declared and every column optional, compressed
 * as the table's properties say.
 * @returns undefined, and no file, when there are no rows
 */
export async function copyToParquet(session: DuckDbSession, copy: ParquetCopy): Promise<CopiedFile | undefined> {
  const fields = copy.table.schema.fields.filter(f => !copy.table.partitionColumns.includes(f.name) && !isVoid(f.type))
  const columns = fields.map(f => `CAST(${identifier(f.name)} AS ${sqlType(f.type)}) AS ${identifier(f.name)}`)
  const localPath = join(session.folder, `copy-${++copies}.parquet`)
  const order = copy.orderBy === undefined ? '' : ` ORDER BY ${copy.orderBy}`
  const size = copy.rowGroupRows === undefined ? '' : `, ROW_GROUP_SIZE ${copy.rowGroupRows}`
  const codec = compressionCodec(copy.table.configuration)
  const rows = await session.run(
    `COPY (SELECT ${columns.join(', ')} FROM (${copy.select}) AS q${order}) TO ${literal(localPath)} (FORMAT parquet, COMPRESSION ${codec}${size})`,
  )
  if (rows === 0) {
    await unlink(localPath).catch(() => undefined)
    return undefined
  }
  const stats = await collectFileStats(session, localPath, copy.table)
  const { size: bytes } = await stat(localPath)
  return { localPath, rows, size: bytes, partitionValues: copy.partitionValues, stats, paged: copy.paged }
}

/** Brings a copied file into the table's store under a fresh name, and removes the local one. */
export async function publishFile(store: ObjectStore, file: CopiedFile, clock: Clock): Promise<AddFile> {
  const name = newDataFileName()
  const writer = await store.create(name)
  let size = 0
  try {
    for await (const bytes of bytesOf(file)) {
      size += bytes.length
      await writer.write(bytes)
    }
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
  await unlink(file.localPath)
  return {
    path: encodeLogPath(name),
    partitionValues: file.partitionValues,
    size,
    modificationTime: clock.now(),
    dataChange: true,
    stats: file.stats,
  }
}

async function* bytesOf({ localPath, size, paged }: CopiedFile): AsyncGenerator<Uint8Array, void, undefined> {
  if (paged === undefined) {
    for await (const bytes of createReadStream(localPath, { highWaterMark: 2 ** 20 })) yield bytes as Uint8Array
    return
  }
  const { pagedFile } = await import('../../parquet/extract/index.js')
  await using handle = await open(localPath)
  yield* pagedFile(openSource(handle, localPath, size), paged)
}

function openSource(handle: FileHandle, name: string, byteLength: number): ParquetSource {
  return {
    name,
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(end - start)
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
        if (bytesRead === 0) throw new RangeError(`${name} is shorter than ${byteLength} bytes`)
        filled += bytesRead
      }
      return bytes.buffer
    },
  }
}
