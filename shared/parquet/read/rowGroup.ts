import type { ColumnData } from '../../types/index.js'
import { assemble, leavesOf } from '../assembly/index.js'
import { coalesce, corruptFile, type ParquetSource, type StoredColumn } from '../base/index.js'
import { decodeStrings } from '../encoding/index.js'
import type { ColumnMetaData, FileMetaData } from '../hyparquetInternals.js'
import { entryBytes, type MemoryAllowance, readChunk, readTextChunk, valueBytes } from '../page/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { checkChunk, chunkSpan } from './chunkSpan.js'
import type { TargetColumn } from './projection.js'

/** Where a row group is, and what it costs to read. */
export interface RowGroupInfo {
  /** Place of its first row in the file. */
  readonly rowStart: number
  readonly rows: number
  /** Bytes of its columns, compressed. */
  readonly bytes: number
}

/** A row group, with where the chunks of its columns are: one for each leaf of the schema. */
export interface RowGroup extends RowGroupInfo {
  readonly chunks: readonly ColumnMetaData[]
}

/**
 * The row groups that have rows, in their order.
 *
 * @throws ParquetError PARQUET_CORRUPT when they cannot be those of a file of so many bytes
 */
export function rowGroupsOf(
  metadata: FileMetaData,
  nodes: readonly SchemaNode[],
  fileSize: number,
): readonly RowGroup[] {
  let rowStart = 0
  const leaves = nodes.flatMap(node => node.leaves)
  const groups: RowGroup[] = []
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows)
    if (!Number.isSafeInteger(rows) || rows < 0) throw corruptFile(`A row group claims ${rows} rows.`)
    const chunks = group.columns.map(({ meta_data: chunk }) => chunk as ColumnMetaData)
    if (chunks.length !== leaves.length) throw corruptFile('A row group has other columns than the schema.')
    // Some writers leave row groups without rows, whose columns have no place in the file; nothing is read of them.
    if (rows === 0) continue
    for (const [i, leaf] of leaves.entries()) checkChunk(leaf, chunks[i], rows, fileSize)
    const bytes = chunks.reduce((sum, chunk) => sum + Number(chunk.total_compressed_size), 0)
    groups.push({ rowStart, rows, bytes, chunks })
    rowStart += rows
  }
  return groups
}

/** The bytes of the chunks that the targets are read from, in a row group or in several that are read together. */
export async function fetchChunks(
  source: ParquetSource,
  targets: readonly TargetColumn[],
  groups: readonly RowGroup[],
): Promise<(group: RowGroup) => (leaf: LeafNode) => Uint8Array> {
  const leaves = new Set(targets.flatMap(({ column }) => (column === undefined ? [] : leavesOf(column.projection))))
  const spanOf = (group: RowGroup, { index }: LeafNode) => chunkSpan(group.chunks[index] as ColumnMetaData)
  const spans = groups.flatMap(group => [...leaves].map(leaf => spanOf(group, leaf)))
  const fetched = await coalesce(spans, (start, end) => source.slice(start, end))
  return group => leaf => fetched(spanOf(group, leaf))
}

/** The values of a column in a row group; nulls where the file lacks it. `fetched`: see {@link fetchChunks}. */
export function decodeColumn(
  { field, column }: TargetColumn,
  group: RowGroup,
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

/** The same, strings as they are stored where that is possible. */
export function storedColumn(
  target: TargetColumn,
  group: RowGroup,
  fetched: (leaf: LeafNode) => Uint8Array,
  allowance: MemoryAllowance,
): StoredColumn {
  const { field, column } = target
  const leaf = column?.projection.kind === 'leaf' ? column.projection.leaf : undefined
  const kept = leaf !== undefined && column?.decoders.get(leaf) === decodeStrings
  const stored = kept
    ? readTextChunk(leaf, group.chunks[leaf.index] as ColumnMetaData, fetched(leaf), allowance)
    : undefined
  if (stored !== undefined && stored.length !== group.rows)
    throw corruptFile(`Column ${field.name} has ${stored.length} values in a row group of ${group.rows} rows.`)
  return { field, data: stored ?? decodeColumn(target, group, fetched, allowance) }
}
