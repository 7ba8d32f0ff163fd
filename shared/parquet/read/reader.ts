import {
  type Column,
  type ColumnData,
  type DataType,
  namedValues,
  type Row,
  type StructField,
  type Value,
} from '../../types/index.js'
import {
  coalesce,
  corruptFile,
  named,
  ParquetError,
  type ParquetSource,
  type StoredColumn,
  tailBytes,
} from '../base/index.js'
import { type DecodedValues, valueDecoder } from '../encoding/index.js'
import { type FileMetaData, parquetMetadataAsync } from '../hyparquetInternals.js'
import { joinedValues, type LeafData, MemoryAllowance, readChunk } from '../page/index.js'
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
import { chunkSpan } from './chunkSpan.js'
import { type FileOutline, outlineOf, type Stretch, stretchesOf } from './fileOutline.js'
import { type ColumnOptions, type ReadOptions, type TargetColumn, targetColumns } from './projection.js'
import { decodeColumn, fetchChunks, type RowGroup, type RowGroupInfo, rowGroupsOf, storedColumn } from './rowGroup.js'

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
  readonly #groups: readonly RowGroup[]

  /** @internal Use {@link openParquet}. */
  constructor(source: ParquetSource, metadata: FileMetaData) {
    this.#source = source
    this.#nodes = schemaNodes(metadata.schema)
    this.fields = this.#nodes.map(nodeField)
    this.createdBy = metadata.created_by
    this.keyValues = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']))
    this.foreignColumns = foreignColumns(this.#nodes, this.keyValues)
    this.#calendars = legacyCalendars(this.keyValues)
    this.#groups = rowGroupsOf(metadata, this.#nodes, source.byteLength)
    this.rowGroups = this.#groups
    this.rowCount = this.#groups.reduce((sum, { rows }) => sum + rows, 0)
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
  async readStored(info: RowGroupInfo, options: ReadOptions = {}): Promise<StoredColumn[]> {
    const [columns = []] = await this.readStoredGroups([info], options)
    return columns
  }

  /** The same of several row groups, which together fit into the memory: what lies close together is read in one go. */
  async readStoredGroups(infos: readonly RowGroupInfo[], options: ReadOptions = {}): Promise<StoredColumn[][]> {
    const targets = this.#targets(options)
    const groups = infos.map(({ rowStart }) => this.#group(rowStart))
    return named(this.#source, async () => {
      const fetched = await fetchChunks(this.#source, targets, groups)
      return groups.map(group => {
        const allowance = new MemoryAllowance()
        return targets.map(target => storedColumn(target, group, fetched(group), allowance))
      })
    })
  }

  /**
   * A column of a row group as {@link readStored} gives it, and the stretches of its rows in which columns can be read by
   * themselves, by what is in the file and not by any index that it may have.
   *
   * @param columns names of columns that are in the file and not nested: those of an {@link outline}
   */
  async readStretches(
    { rowStart }: RowGroupInfo,
    field: StructField,
    columns: readonly string[],
  ): Promise<{ readonly column: StoredColumn; readonly stretches: readonly Stretch[] }> {
    const wanted = this.#targets({ fields: [field] })[0] as TargetColumn
    const leaves = columns.flatMap(name => this.#leaf([name]) ?? [])
    const group = this.#group(rowStart)
    return named(this.#source, async () => {
      const fetched = (await fetchChunks(this.#source, [wanted, ...this.#targets({ columns })], [group]))(group)
      const column = storedColumn(wanted, group, fetched, new MemoryAllowance())
      return { column, stretches: stretchesOf(group, leaves, fetched) }
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
    return outlineOf(this.#nodes, this.#groups, columns)
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

  /** @internal The schema's columns, and the row groups with where their chunks lie: of {@link openExtractable}. */
  layout(): { readonly nodes: readonly SchemaNode[]; readonly groups: readonly RowGroup[] } {
    return { nodes: this.#nodes, groups: this.#groups }
  }

  #targets(options: ColumnOptions): readonly TargetColumn[] {
    return targetColumns(this.#source, this.#nodes, this.fields, options, this.#calendars)
  }

  #group(rowStart: number): RowGroup {
    const group = this.#groups.find(of => of.rowStart === rowStart)
    if (group === undefined) throw new RangeError(`no row group begins at row ${rowStart}`)
    return group
  }

  #leaf(path: readonly string[]): LeafNode | undefined {
    const wanted = path.join('\n')
    for (const node of this.#nodes)
      if (node.name === path[0]) return node.leaves.find(leaf => leaf.path.join('\n') === wanted)
    return undefined
  }

  /** Row group by row group, each cut to the rows asked for. */
  async *#read(
    targets: readonly TargetColumn[],
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

  async #readGroup(
    targets: readonly TargetColumn[],
    group: RowGroup,
    allowance: MemoryAllowance,
  ): Promise<ColumnData[]> {
    const fetched = (await fetchChunks(this.#source, targets, [group]))(group)
    return targets.map(target => decodeColumn(target, group, fetched, allowance))
  }
}
