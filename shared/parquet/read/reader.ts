import {
  type Column,
  type ColumnData,
  type DataType,
  namedValues,
  type Row,
  type StructField,
  type Value,
} from '../../types/index.js'
import { assemble, leavesOf } from '../assembly/index.js'
import {
  type ByteSpan,
  coalesce,
  corruptFile,
  inFile,
  named,
  ParquetError,
  type ParquetSource,
  type StoredColumn,
  tailBytes,
} from '../base/index.js'
import { type DecodedValues, decodeStrings, valueDecoder } from '../encoding/index.js'
import { type ColumnMetaData, type FileMetaData, parquetMetadataAsync } from '../hyparquetInternals.js'
import {
  entryBytes,
  joinedValues,
  type LeafData,
  MemoryAllowance,
  readChunk,
  readTextChunk,
  valueBytes,
} from '../page/index.js'
import {
  type ForeignColumn,
  foreignColumns,
  type LeafNode,
  type LegacyCalendars,
  legacyCalendars,
  nodeField,
  type SchemaNode,
  schemaNodes,
} from '../schema/index.js'
import { checkChunk, chunkSpan } from './chunkSpan.js'
import type { FileOutline } from './fileOutline.js'
import { type ColumnMatch, type ColumnProjection, findNode, projectColumn } from './projection.js'

export type { LeafData } from '../page/index.js'

/** Where a row group is, and what it costs to read. */
export interface RowGroupInfo {
  /** Place of its first row in the file. */
  readonly rowStart: number
  readonly rows: number
  /** Bytes of its columns, compressed. */
  readonly bytes: number
}

/** Which columns and rows are read, and as which types; the whole file under its own schema when all are absent. */
export interface ReadOptions {
  /** Names of top-level columns, in the order wanted; all of the file's when absent. One that it lacks is all null. */
  readonly columns?: readonly string[] | undefined
  /** The columns wanted with the types they shall have; takes the place of `columns`. */
  readonly fields?: readonly StructField[] | undefined
  /** How `fields` find their columns; default by name. */
  readonly match?: ColumnMatch | undefined
  /** Whether a value that the type cannot hold whole, as nanoseconds, is an error; it is cut otherwise. */
  readonly lossless?: boolean | undefined
  /** First row, default 0. */
  readonly rowStart?: number | undefined
  /** One past the last row, default all. */
  readonly rowEnd?: number | undefined
}

/**
 * Opens a Parquet file: reads its footer.
 *
 * @throws ParquetError PARQUET_CORRUPT when this is no Parquet file; the source's own errors as they are
 * @example const [ids] = await (await openParquet(file)).readColumns({ columns: ['id'] })
 */
export async function openParquet(source: ParquetSource): Promise<ParquetFile> {
  return named(source, async () => {
    if (source.byteLength < 12) throw new ParquetError('PARQUET_CORRUPT', `It has only ${source.byteLength} bytes.`)
    const metadata = await parquetMetadataAsync(source, { geoparquet: false, initialFetchSize: tailBytes })
    return new ParquetFile(source, metadata)
  })
}

/** A physical column by its path in the file's schema, and the type that its values shall have. */
export interface LeafRequest {
  readonly path: readonly string[]
  readonly type: DataType
}

interface Target {
  readonly field: StructField
  /** Absent when the file has no such column. */
  readonly column: ColumnProjection | undefined
}

interface Group extends RowGroupInfo {
  readonly chunks: readonly ColumnMetaData[]
}

/** An open file. Values are as dataType.ts defines; binary values may share memory with one another. */
export class ParquetFile {
  readonly rowCount: number
  /** The file's own columns, their types as they are kept in it. */
  readonly fields: readonly StructField[]
  readonly rowGroups: readonly RowGroupInfo[]
  /** The footer's key-value metadata. */
  readonly keyValues: ReadonlyMap<string, string>
  readonly createdBy: string | undefined
  /** Columns whose values mean something else than their type. */
  readonly foreignColumns: readonly ForeignColumn[]
  readonly #source: ParquetSource
  readonly #calendars: LegacyCalendars
  readonly #nodes: readonly SchemaNode[]
  readonly #groups: readonly Group[]

  /** @internal Use {@link openParquet}. */
  constructor(source: ParquetSource, metadata: FileMetaData) {
    this.#source = source
    this.#nodes = schemaNodes(metadata.schema)
    this.fields = this.#nodes.map(nodeField)
    this.createdBy = metadata.created_by
    this.keyValues = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']))
    this.foreignColumns = foreignColumns(this.#nodes, this.keyValues)
    this.#calendars = legacyCalendars(this.keyValues)
    let rowStart = 0
    const leaves = this.#nodes.flatMap(node => node.leaves)
    const groups: Group[] = []
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows)
      if (!Number.isSafeInteger(rows) || rows < 0) throw corruptFile(`A row group claims ${rows} rows.`)
      const chunks = group.columns.map(({ meta_data: chunk }) => chunk as ColumnMetaData)
      if (chunks.length !== leaves.length) throw corruptFile('A row group has other columns than the schema.')
      // Some writers leave row groups without rows, whose columns have no place in the file; nothing is read of them.
      if (rows === 0) continue
      for (const [i, leaf] of leaves.entries()) checkChunk(leaf, chunks[i], rows, source.byteLength)
      const bytes = chunks.reduce((sum, chunk) => sum + Number(chunk.total_compressed_size), 0)
      groups.push({ rowStart, rows, bytes, chunks })
      rowStart += rows
    }
    this.#groups = groups
    this.rowGroups = groups
    this.rowCount = rowStart
  }

  /** The columns' values, whole, in the order asked for. Columns without nulls may be typed arrays. */
  async readColumns(options: ReadOptions = {}): Promise<Column[]> {
    const targets = this.#targets(options)
    const parts: ColumnData[][] = targets.map(() => [])
    // All of it is in memory together.
    const allowance = new MemoryAllowance()
    for await (const group of this.#read(targets, options, allowance)) {
      for (const [i, data] of group.entries()) parts[i]?.push(data)
    }
    return targets.map(({ field }, i) => ({ field, data: joinedValues((parts[i] ?? []) as DecodedValues[]) }))
  }

  /**
   * The columns' values in one row group, strings as they are stored where that is possible: for callers that write them
   * again. The range of rows in the options does not count.
   */
  async readStored({ rowStart }: RowGroupInfo, options: ReadOptions = {}): Promise<StoredColumn[]> {
    const targets = this.#targets(options)
    const group = this.#groups.find(of => of.rowStart === rowStart)
    if (group === undefined) throw new RangeError(`no row group begins at row ${rowStart}`)
    return named(this.#source, async () => {
      const fetched = await this.#fetch(targets, group)
      const allowance = new MemoryAllowance()
      return targets.map((target): StoredColumn => {
        const { field, column } = target
        const leaf = column?.projection.kind === 'leaf' ? column.projection.leaf : undefined
        const kept = leaf !== undefined && column?.decoders.get(leaf) === decodeStrings
        const stored = kept
          ? readTextChunk(leaf, group.chunks[leaf.index] as ColumnMetaData, fetched(leaf), allowance)
          : undefined
        if (stored !== undefined && stored.length !== group.rows)
          throw corruptFile(`Column ${field.name} has ${stored.length} values in a row group of ${group.rows} rows.`)
        return { field, data: stored ?? this.#decode(target, group, fetched, allowance) }
      })
    })
  }

  /** The rows one by one; memory is bounded by a row group's chosen columns. */
  async *rows(options: ReadOptions = {}): AsyncGenerator<Row, void, undefined> {
    const targets = this.#targets(options)
    const names = targets.map(({ field }) => field.name)
    for await (const group of this.#read(targets, options)) {
      const count = group[0]?.length ?? 0
      for (let r = 0; r < count; r++) {
        const row = namedValues<Value>()
        for (const [i, name] of names.entries()) row[name] = group[i]?.[r] ?? null
        yield row
      }
    }
  }

  /** False when, by the footer, a physical column holds nothing but nulls in a row group, or the file lacks it. */
  mayHaveValues({ rowStart }: RowGroupInfo, path: readonly string[]): boolean {
    const leaf = this.#leaf(path)
    const chunk = leaf === undefined ? undefined : this.#groups.find(of => of.rowStart === rowStart)?.chunks[leaf.index]
    return (
      leaf !== undefined &&
      (chunk?.statistics?.null_count === undefined || chunk.statistics.null_count < chunk.num_values)
    )
  }

  /**
   * What single row groups of some columns need of the footer, to be read again without it.
   *
   * @returns undefined when a column is nested or missing, its chunks differ in their codec, or its values need what
   *   only the whole footer says (calendars of old writers)
   */
  outline(columns: readonly string[]): FileOutline | undefined {
    if (this.#calendars.dates !== undefined || this.#calendars.int96 !== undefined) return undefined
    const leaves: LeafNode[] = []
    for (const name of columns) {
      const node = this.#nodes.find(of => of.name === name)
      if (node?.kind !== 'leaf') return undefined
      leaves.push(node)
    }
    const codecs = leaves.map(({ index }) => new Set(this.#groups.map(({ chunks }) => chunks[index]?.codec)))
    if (codecs.some(({ size }) => size > 1)) return undefined
    return {
      columns: leaves.map(({ element }, i) => ({ element, codec: [...(codecs[i] ?? [])][0] ?? 'UNCOMPRESSED' })),
      groups: this.#groups.map(({ rows, chunks }) => {
        const spans = leaves.map(({ index }) => chunkSpan(chunks[index] as ColumnMetaData))
        return [rows, ...spans.flatMap(({ start, end }) => [start, end - start])]
      }),
    }
  }

  /** Whether the file has all these physical columns, whatever is in them. */
  hasLeaves(leaves: readonly LeafRequest[]): boolean {
    return leaves.every(({ path }) => this.#leaf(path) !== undefined)
  }

  /**
   * Physical columns of one row group as they are, with their levels, for a caller that assembles them itself. The file
   * must have them: see {@link hasLeaves}.
   */
  async readLeaves({ rowStart }: RowGroupInfo, leaves: readonly LeafRequest[]): Promise<LeafData[]> {
    return named(this.#source, async () => {
      const group = this.#groups.find(of => of.rowStart === rowStart)
      const found = leaves.map(({ path, type }) => {
        const leaf = this.#leaf(path)
        const chunk = leaf === undefined ? undefined : group?.chunks[leaf.index]
        if (leaf === undefined || chunk === undefined) throw corruptFile(`It has no column ${path.join('.')}.`)
        return { leaf, chunk, span: chunkSpan(chunk), decode: valueDecoder(leaf, type, undefined) }
      })
      const fetched = await coalesce(
        found.map(({ span }) => span),
        (start, end) => this.#source.slice(start, end),
      )
      const allowance = new MemoryAllowance()
      return found.map(({ leaf, chunk, span, decode }) => readChunk(leaf, chunk, fetched(span), decode, allowance))
    })
  }

  #leaf(path: readonly string[]): LeafNode | undefined {
    const wanted = path.join('\n')
    for (const node of this.#nodes)
      if (node.name === path[0]) return node.leaves.find(leaf => leaf.path.join('\n') === wanted)
    return undefined
  }

  #targets({ columns, fields, match = 'name', lossless = false }: ReadOptions): Target[] {
    const own = new Map(this.fields.map(field => [field.name, field]))
    const wanted =
      fields ??
      columns?.map((name): StructField => own.get(name) ?? { name, type: 'string', nullable: true }) ??
      this.fields
    return wanted.map(field => {
      const node = findNode(this.#nodes, field, fields === undefined ? 'name' : match)
      if (node === undefined) return { field, column: undefined }
      try {
        return { field, column: projectColumn(node, field.type, match, this.#calendars, lossless) }
      } catch (error) {
        throw inFile(this.#source, error)
      }
    })
  }

  /** Row group by row group, each cut to the rows asked for. */
  async *#read(
    targets: readonly Target[],
    options: ReadOptions,
    allowance?: MemoryAllowance,
  ): AsyncGenerator<ColumnData[], void, undefined> {
    const { rowStart = 0, rowEnd = this.rowCount } = options
    for (const group of this.#groups) {
      const from = Math.max(0, rowStart - group.rowStart)
      const to = Math.min(group.rows, rowEnd - group.rowStart)
      if (from >= to) continue
      const data = await named(this.#source, () => this.#readGroup(targets, group, allowance ?? new MemoryAllowance()))
      yield from === 0 && to === group.rows ? data : data.map(column => column.slice(from, to))
    }
  }

  async #readGroup(targets: readonly Target[], group: Group, allowance: MemoryAllowance): Promise<ColumnData[]> {
    const fetched = await this.#fetch(targets, group)
    return targets.map(target => this.#decode(target, group, fetched, allowance))
  }

  /** The bytes of the chunks that the targets are read from. */
  async #fetch(targets: readonly Target[], group: Group): Promise<(leaf: LeafNode) => Uint8Array> {
    const leaves = new Set(targets.flatMap(({ column }) => (column === undefined ? [] : leavesOf(column.projection))))
    const spans = new Map<LeafNode, ByteSpan>()
    for (const leaf of leaves) spans.set(leaf, chunkSpan(group.chunks[leaf.index] as ColumnMetaData))
    const fetched = await coalesce([...spans.values()], (start, end) => this.#source.slice(start, end))
    return leaf => fetched(spans.get(leaf) as ByteSpan)
  }

  #decode(
    { field, column }: Target,
    group: Group,
    fetched: (leaf: LeafNode) => Uint8Array,
    allowance: MemoryAllowance,
  ): ColumnData {
    if (column === undefined) allowance.take(field.name, group.rows * valueBytes, 0)
    if (column === undefined) return new Array<null>(group.rows).fill(null)
    const data = leavesOf(column.projection).map(leaf => {
      const decode = column.decoders.get(leaf)
      return readChunk(
        leaf,
        group.chunks[leaf.index] as ColumnMetaData,
        fetched(leaf),
        decode as NonNullable<typeof decode>,
        allowance,
      )
    })
    if (column.projection.kind !== 'leaf') {
      for (const { leaf, entries } of data)
        allowance.take(field.name, entries * (leaf.maxRepetitionLevel > 0 ? entryBytes.repeated : entryBytes.single), 0)
    }
    return assemble(column.projection, data, group.rows)
  }
}
