import { availableParallelism } from 'node:os'

import type { StructField } from '../../types/index.js'
import { ParquetError, type WrittenColumn } from '../base/index.js'
import { ByteWriter, type RowGroup, writeMetadata } from '../hyparquetInternals.js'
import { defaultZstdLevel, type WrittenCodec } from '../page/index.js'
import { schemaElements, type SchemaNode, schemaNodes } from '../schema/index.js'
import { type ChunkOptions, type ColumnChunk, encodeChunk, encodeChunkElsewhere } from './columnChunk.js'
import { type LeafValues, leafValues } from './leafValues.js'

/** How a file is encoded. What a reader gets from it is the same in any case. */
export interface ParquetOptions {
  /** Default zstd. */
  readonly codec?: WrittenCodec | undefined
  /** Default 1: the fastest of the ordinary levels. */
  readonly zstdLevel?: number | undefined
  /**
   * Differences and lengths are packed, which is smaller and faster. Default: with zstd. Without it a file holds plain
   * values and dictionaries alone, which every reader since the first knows.
   */
  readonly packed?: boolean | undefined
  /** Bounds of numbers in the footer, for readers that skip row groups by them. Default true. */
  readonly statistics?: boolean | undefined
  /** Rows of a row group, for {@link encodeParquet}; default 250,000. */
  readonly rowGroupRows?: number | undefined
  /** Uncompressed bytes a page aims at; default 1 MiB. */
  readonly pageBytes?: number | undefined
  /** Columns of which few rows can be read by themselves. */
  readonly paged?: PagedColumns | undefined
}

/** Columns that are not nested, in pages of so many rows each that need nothing else of their chunk. */
export interface PagedColumns {
  /** Their names in the file. */
  readonly columns: readonly string[]
  readonly rows: number
}

/** Where a file's bytes go, in order. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
}

/** On a single core, other threads only cost. */
const severalCores = availableParallelism() > 1

const magic = Buffer.from('PAR1')
const createdBy = 'kafka-delta-functions version 0.1.0'

/** What a file is built from, apart from where it goes. */
class FileEncoder {
  readonly #fields: readonly StructField[]
  readonly #nodes: readonly SchemaNode[]
  readonly #options: ChunkOptions
  readonly #paged: PagedColumns | undefined
  readonly #rowGroups: RowGroup[] = []
  #offset = magic.length
  rows = 0

  constructor(fields: readonly StructField[], options: ParquetOptions) {
    this.#fields = fields
    this.#nodes = schemaNodes(schemaElements(fields))
    const codec = options.codec ?? 'zstd'
    this.#paged = options.paged
    this.#options = {
      codec,
      zstdLevel: options.zstdLevel ?? defaultZstdLevel,
      packed: options.packed ?? codec === 'zstd',
      statistics: options.statistics ?? true,
      pageBytes: options.pageBytes ?? 1 << 20,
    }
  }

  /** The bytes of one row group, part by part, so that a sink may take those of a chunk before the next is made. */
  *rowGroup(columns: readonly WrittenColumn[]): Generator<Uint8Array> {
    const rows = this.#check(columns)
    if (rows === 0) return
    const placed: RowGroup['columns'] = []
    for (const leaf of this.#leaves(columns)) yield* this.#place(encodeChunk(leaf, this.#optionsOf(leaf)), placed)
    this.#close(rows, placed)
  }

  /** The same; while a chunk is compressed on other threads and written, the next one is encoded here. */
  async *rowGroupElsewhere(columns: readonly WrittenColumn[]): AsyncGenerator<Uint8Array, void> {
    const rows = this.#check(columns)
    if (rows === 0) return
    const placed: RowGroup['columns'] = []
    let before: Promise<ColumnChunk> | undefined
    for (const leaf of this.#leaves(columns)) {
      const chunk = encodeChunkElsewhere(leaf, this.#optionsOf(leaf))
      // A failure is reported when the chunk is awaited.
      chunk.catch(() => undefined)
      if (before !== undefined) yield* this.#place(await before, placed)
      before = chunk
    }
    if (before !== undefined) yield* this.#place(await before, placed)
    this.#close(rows, placed)
  }

  *#leaves(columns: readonly WrittenColumn[]): Generator<LeafValues> {
    for (const [i, node] of this.#nodes.entries()) yield* leafValues(node, (columns[i] as WrittenColumn).data)
  }

  #optionsOf({ leaf: { path } }: LeafValues): ChunkOptions {
    const [name = '', ...inside] = path
    const isPaged = inside.length === 0 && this.#paged?.columns.includes(name) === true
    return isPaged ? { ...this.#options, pageRows: this.#paged.rows } : this.#options
  }

  /** Counts the chunk's offsets from the file's start. */
  #place({ parts, size, metadata }: ColumnChunk, placed: RowGroup['columns']): readonly Uint8Array[] {
    const base = BigInt(this.#offset)
    const { dictionary_page_offset: dictionaryOffset } = metadata
    placed.push({
      file_offset: base,
      meta_data: {
        ...metadata,
        data_page_offset: base + metadata.data_page_offset,
        ...(dictionaryOffset === undefined ? {} : { dictionary_page_offset: base + dictionaryOffset }),
      },
    })
    this.#offset += size
    return parts
  }

  #close(rows: number, columns: RowGroup['columns']): void {
    const sum = (of: 'total_uncompressed_size' | 'total_compressed_size') =>
      columns.reduce((total, { meta_data: chunk }) => total + (chunk?.[of] ?? 0n), 0n)
    const compressed = sum('total_compressed_size')
    this.#rowGroups.push({
      columns,
      total_byte_size: sum('total_uncompressed_size'),
      num_rows: BigInt(rows),
      file_offset: BigInt(this.#offset) - compressed,
      total_compressed_size: compressed,
    })
    this.rows += rows
  }

  footer(): Uint8Array {
    const out = new ByteWriter(4096)
    const metadata = {
      version: 1,
      created_by: createdBy,
      schema: schemaElements(this.#fields),
      num_rows: BigInt(this.rows),
      row_groups: this.#rowGroups,
      metadata_length: 0,
    }
    writeMetadata(out, metadata)
    out.appendBytes(magic)
    return out.getBytes()
  }

  #check(columns: readonly WrittenColumn[]): number {
    const rows = columns[0]?.data.length ?? 0
    if (columns.length !== this.#fields.length) {
      throw badShape(`A row group has ${columns.length} columns, its file's schema ${this.#fields.length}.`)
    }
    for (const [i, { field, data }] of columns.entries()) {
      const expected = this.#fields[i]?.name
      if (field.name !== expected)
        throw badShape(`Column ${field.name} stands where the schema has ${String(expected)}.`)
      if (data.length !== rows) {
        throw badShape(`Column ${field.name} has ${data.length} values, the first column ${rows}.`)
      }
    }
    return rows
  }
}

/**
 * A Parquet file of these columns, whole. The columns' fields are the schema; all hold the same number of rows.
 * Typed arrays are the fastest and are neither copied nor changed.
 *
 * @throws ParquetError PARQUET_BAD_VALUE, PARQUET_BAD_SHAPE, PARQUET_UNSUPPORTED
 * @example encodeParquet([{ field: { name: 'id', type: 'long', nullable: false }, data: BigInt64Array.of(1n, 2n) }])
 */
export function encodeParquet(columns: readonly WrittenColumn[], options: ParquetOptions = {}): Uint8Array {
  const encoder = new FileEncoder(
    columns.map(({ field }) => field),
    options,
  )
  const rows = columns[0]?.data.length ?? 0
  const step = options.rowGroupRows ?? 250_000
  const parts: Uint8Array[] = [magic]
  if (rows <= step) {
    parts.push(...encoder.rowGroup(columns))
  } else {
    for (let start = 0; start < rows; start += step) {
      const part = columns.map(({ field, data }) => ({ field, data: data.slice(start, start + step) }))
      parts.push(...encoder.rowGroup(part))
    }
  }
  parts.push(encoder.footer())
  return Buffer.concat(parts)
}

/**
 * Writes a Parquet file row group by row group; holds two columns' encoded bytes and the footer's entries, no more.
 * A file whose `finish` was not reached is not a Parquet file.
 */
export class ParquetWriter {
  readonly #sink: ByteSink
  readonly #encoder: FileEncoder
  #bytes = 0

  constructor(sink: ByteSink, fields: readonly StructField[], options: ParquetOptions = {}) {
    this.#sink = sink
    this.#encoder = new FileEncoder(fields, options)
  }

  /** Adds rows, in the order of the file's fields; none is fine. */
  async appendRowGroup(columns: readonly WrittenColumn[]): Promise<void> {
    const chunks = severalCores ? this.#encoder.rowGroupElsewhere(columns) : this.#encoder.rowGroup(columns)
    for await (const bytes of chunks) await this.#write(bytes)
  }

  /** Writes the footer; the sink is left open. */
  async finish(): Promise<{ readonly bytes: number; readonly rows: number }> {
    await this.#write(this.#encoder.footer())
    return { bytes: this.#bytes, rows: this.#encoder.rows }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#bytes === 0) {
      this.#bytes = magic.length
      await this.#sink.write(magic)
    }
    this.#bytes += bytes.length
    await this.#sink.write(bytes)
  }
}

function badShape(message: string): ParquetError {
  return new ParquetError('PARQUET_BAD_SHAPE', message)
}
