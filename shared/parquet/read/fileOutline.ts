import { corruptFile } from '../base/index.js'
import type { ColumnMetaData, FileMetaData, SchemaElement } from '../hyparquetInternals.js'
import { pageSpans } from '../page/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { chunkSpan } from './chunkSpan.js'
import type { RowGroup } from './rowGroup.js'

/**
 * Rows next to each other that can be read by themselves, a row group's or a page's: how many, and for each column where
 * they begin in the file and how many bytes they have.
 */
export type Stretch = readonly number[]

/**
 * A footer reduced to some plain columns, small enough to be kept elsewhere: with it single stretches are read without
 * the footer. Consists of JSON values.
 */
export interface FileOutline {
  readonly columns: readonly { readonly element: SchemaElement; readonly codec: ColumnMetaData['codec'] }[]
  /** All of the file's rows, in their order. */
  readonly stretches: readonly Stretch[]
}

/** Rows of a page below which its row group is one stretch: there are to be few of them. */
const leastPageRows = 128

/** With row groups as stretches. Undefined when a column is nested or missing, or its chunks differ in their codec. */
export function outlineOf(
  nodes: readonly SchemaNode[],
  groups: readonly RowGroup[],
  columns: readonly string[],
): FileOutline | undefined {
  const leaves: LeafNode[] = []
  for (const name of columns) {
    const node = nodes.find(of => of.name === name)
    if (node?.kind !== 'leaf') return undefined
    leaves.push(node)
  }
  const codecs = leaves.map(({ index }) => new Set(groups.map(({ chunks }) => chunks[index]?.codec)))
  if (codecs.some(({ size }) => size > 1)) return undefined
  return {
    columns: leaves.map(({ element }, i) => ({ element, codec: [...(codecs[i] ?? [])][0] ?? 'UNCOMPRESSED' })),
    stretches: groups.map(group => wholeGroup(group, leaves)),
  }
}

function wholeGroup({ rows, chunks }: RowGroup, leaves: readonly LeafNode[]): Stretch {
  const spans = leaves.map(({ index }) => chunkSpan(chunks[index] as ColumnMetaData))
  return [rows, ...spans.flatMap(({ start, end }) => [start, end - start])]
}

/**
 * The stretches of a row group: its pages where those of all columns begin at the same rows and need no dictionary, or
 * the row group as one.
 *
 * @param fetched the bytes of a column's chunk
 * @throws ParquetError PARQUET_CORRUPT, or what the decoder of pages' heads throws
 */
export function stretchesOf(
  group: RowGroup,
  leaves: readonly LeafNode[],
  fetched: (leaf: LeafNode) => Uint8Array,
): readonly Stretch[] {
  const whole = [wholeGroup(group, leaves)]
  const columns = leaves.map(leaf => {
    const chunk = group.chunks[leaf.index] as ColumnMetaData
    return { base: chunkSpan(chunk).start, pages: pageSpans(leaf, chunk, fetched(leaf)) ?? [] }
  })
  const first = columns[0]?.pages ?? []
  if (first.length < 2 || first.length * leastPageRows > group.rows) return whole
  const isAlike = columns.every(
    ({ pages }) => pages.length === first.length && pages.every(({ rows }, i) => rows === first[i]?.rows),
  )
  if (!isAlike) return whole
  return first.map(({ rows }, i) => [
    rows,
    ...columns.flatMap(({ base, pages }) => {
      const { start, end } = pages[i] ?? { start: 0, end: 0 }
      return [base + start, end - start]
    }),
  ])
}

/**
 * The footer of a file that had those stretches, each as a row group, and columns alone.
 *
 * @throws ParquetError PARQUET_CORRUPT
 */
export function outlinedFooter({ columns, stretches }: FileOutline, places: readonly number[]): FileMetaData {
  const chosen = places.map(place => {
    const stretch = stretches[place]
    if (stretch === undefined) throw corruptFile(`It has no stretch ${place}.`)
    return stretch
  })
  return {
    version: 1,
    schema: [{ name: 'schema', num_children: columns.length }, ...columns.map(({ element }) => element)],
    num_rows: BigInt(chosen.reduce((sum, [rows]) => sum + (rows ?? 0), 0)),
    row_groups: chosen.map(stretch => rowGroup(columns, stretch)),
    metadata_length: 0,
  }
}

function rowGroup(columns: FileOutline['columns'], stretch: Stretch): FileMetaData['row_groups'][number] {
  const rows = BigInt(stretch[0] ?? 0)
  const chunks = columns.map(({ element, codec }, i) => {
    const [start, bytes] = [BigInt(stretch[1 + 2 * i] ?? 0), BigInt(stretch[2 + 2 * i] ?? 0)]
    const meta_data: ColumnMetaData = {
      type: element.type as ColumnMetaData['type'],
      encodings: [],
      path_in_schema: [element.name],
      codec,
      num_values: rows,
      total_uncompressed_size: bytes,
      total_compressed_size: bytes,
      data_page_offset: start,
    }
    return { file_offset: start, meta_data }
  })
  const total_byte_size = chunks.reduce((sum, { meta_data }) => sum + meta_data.total_compressed_size, 0n)
  return { columns: chunks, num_rows: rows, total_byte_size }
}
