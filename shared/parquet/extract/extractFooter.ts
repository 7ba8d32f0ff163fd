import type { ByteSpan } from '../base/index.js'
import type { RowGroupInfo } from '../read/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { type CompactStruct, encodeCompact } from './compactStruct.js'
import { ids } from './footerIds.js'
import type { RawFile } from './rawFile.js'

/** A column chunk, where it lies in its file and where in the extract. */
export interface MovedChunk {
  readonly span: ByteSpan
  to: number
}

/**
 * The end of an extract: the file's own footer without the columns and row groups that are not in it, and without all
 * that lies outside of chunks (indexes, Bloom filters) or by which a reader could pass over rows.
 *
 * @param chunks of the chosen row groups, one for each leaf of the columns, in their order
 */
export function extractFooter(
  { file, footer, groups }: RawFile,
  columns: readonly SchemaNode[],
  chosen: readonly RowGroupInfo[],
  chunks: readonly MovedChunk[],
): Uint8Array {
  const leaves = columns.flatMap(node => node.leaves)
  const kept = file.rowGroups.flatMap((group, place) => (chosen.includes(group) ? [{ group, place }] : []))
  const rowGroups = kept.map(({ place }, i) =>
    movedGroup(groups[place] as CompactStruct, leaves, chunks.slice(i * leaves.length, (i + 1) * leaves.length)),
  )
  const orders = footer.list(ids.file.columnOrders)?.items ?? []
  return encodedFooter(
    footer.with({
      [ids.file.schema]: footer.listOf(ids.file.schema, keptElements(footer, file.layout().nodes, columns)),
      [ids.file.rows]: kept.reduce((sum, { group }) => sum + group.rows, 0),
      [ids.file.rowGroups]: footer.listOf(ids.file.rowGroups, rowGroups),
      [ids.file.columnOrders]: footer.listOf(
        ids.file.columnOrders,
        leaves.flatMap(({ index }) => orders[index] ?? []),
      ),
      [ids.file.encryption]: undefined,
      [ids.file.signingKey]: undefined,
    }),
  )
}

/** A footer with its length and the magic number behind it. */
export function encodedFooter(footer: CompactStruct): Uint8Array {
  const bytes = encodeCompact(footer)
  const end = Buffer.alloc(8, 'PAR1', 'latin1')
  end.writeUInt32LE(bytes.length)
  return Buffer.concat([bytes, end])
}

/** The root and, of the tree that the list is in depth-first order, the subtrees of the chosen columns. */
function keptElements(
  footer: CompactStruct,
  nodes: readonly SchemaNode[],
  columns: readonly SchemaNode[],
): readonly CompactStruct[] {
  const elements = footer.structs(ids.file.schema)
  const root = elements[0] as CompactStruct
  const kept = [root.with({ [ids.element.children]: columns.length })]
  let at = 1
  for (const node of nodes) {
    const start = at
    for (let open = 1; open > 0; at++) open += (elements[at]?.number(ids.element.children) ?? 0) - 1
    if (columns.includes(node)) kept.push(...elements.slice(start, at))
  }
  return kept
}

function movedGroup(group: CompactStruct, leaves: readonly LeafNode[], chunks: readonly MovedChunk[]): CompactStruct {
  const all = group.structs(ids.rowGroup.columns)
  const moved = leaves.map((leaf, i) => movedChunk(all[leaf.index] as CompactStruct, chunks[i] as MovedChunk))
  const sum = (id: number) =>
    moved.reduce((total, chunk) => total + (chunk.struct(ids.chunk.metadata)?.number(id) ?? 0), 0)
  return group.with({
    [ids.rowGroup.columns]: group.listOf(ids.rowGroup.columns, moved),
    [ids.rowGroup.bytes]: sum(ids.column.uncompressedBytes),
    [ids.rowGroup.compressedBytes]: sum(ids.column.compressedBytes),
    [ids.rowGroup.sorting]: undefined,
    [ids.rowGroup.offset]: undefined,
  })
}

function movedChunk(chunk: CompactStruct, { span, to }: MovedChunk): CompactStruct {
  const { column } = ids
  const metadata = chunk.struct(ids.chunk.metadata) as CompactStruct
  const data = metadata.number(column.dataPage) ?? span.start
  const dictionary = metadata.number(column.dictionaryPage) ?? 0
  const by = to - span.start
  return chunk.with({
    [ids.chunk.offset]: to,
    [ids.chunk.metadata]: metadata.with({
      [column.dataPage]: data + by,
      [column.dictionaryPage]: dictionary > 0 && dictionary < data ? dictionary + by : undefined,
      [column.indexPage]: undefined,
      [column.statistics]: undefined,
      [column.bloomFilter]: undefined,
      [column.bloomFilterLength]: undefined,
      [column.sizes]: undefined,
      [column.geometry]: undefined,
    }),
    [ids.chunk.offsetIndex]: undefined,
    [ids.chunk.offsetIndexLength]: undefined,
    [ids.chunk.columnIndex]: undefined,
    [ids.chunk.columnIndexLength]: undefined,
  })
}
