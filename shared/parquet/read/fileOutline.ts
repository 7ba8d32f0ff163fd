import { corruptFile } from '../base/index.js'
import type { ColumnMetaData, FileMetaData, SchemaElement } from '../hyparquetInternals.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { chunkSpan } from './chunkSpan.js'
import type { RowGroup } from './rowGroup.js'

/**
 * A footer reduced to some plain columns, small enough to be kept elsewhere: with it single row groups are read without
 * the footer. Consists of JSON values.
 */
export interface FileOutline {
  readonly columns: readonly { readonly element: SchemaElement; readonly codec: ColumnMetaData['codec'] }[]
  /** For each row group its rows, and for each column where its chunk begins and how many bytes it has. */
  readonly groups: readonly (readonly number[])[]
}

/** Undefined when a column is nested or missing, or its chunks differ in their codec. */
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
    groups: groups.map(({ rows, chunks }) => {
      const spans = leaves.map(({ index }) => chunkSpan(chunks[index] as ColumnMetaData))
      return [rows, ...spans.flatMap(({ start, end }) => [start, end - start])]
    }),
  }
}

/** The footer of a file that had those row groups and columns alone. @throws ParquetError PARQUET_CORRUPT */
export function outlinedFooter({ columns, groups }: FileOutline, places: readonly number[]): FileMetaData {
  const chosen = places.map(place => {
    const group = groups[place]
    if (group === undefined) throw corruptFile(`It has no row group ${place}.`)
    return group
  })
  return {
    version: 1,
    schema: [{ name: 'schema', num_children: columns.length }, ...columns.map(({ element }) => element)],
    num_rows: BigInt(chosen.reduce((sum, [rows]) => sum + (rows ?? 0), 0)),
    row_groups: chosen.map(group => rowGroup(columns, group)),
    metadata_length: 0,
  }
}

function rowGroup(columns: FileOutline['columns'], group: readonly number[]): FileMetaData['row_groups'][number] {
  const rows = BigInt(group[0] ?? 0)
  const chunks = columns.map(({ element, codec }, i) => {
    const [start, bytes] = [BigInt(group[1 + 2 * i] ?? 0), BigInt(group[2 + 2 * i] ?? 0)]
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
