import { partitionPoint } from '../../types/index.js'
import type { ByteSpan } from '../base/index.js'
import { Encodings } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import type { ColumnChunk } from '../write/index.js'
import type { CompactStruct } from './compactStruct.js'
import { ids } from './footerIds.js'
import type { RawFile } from './rawFile.js'

/** A chunk that is encoded anew, and what takes its place. */
export interface ReplacedChunk {
  /** The place of its row group among those with rows. */
  readonly group: number
  readonly leaf: LeafNode
  readonly span: ByteSpan
  readonly chunk: Pick<ColumnChunk, 'size' | 'metadata'>
}

/** The footer of a file in which chunks were replaced: what lies behind one of them has moved. */
export function pagedFooter({ footer, groups }: RawFile, replaced: readonly ReplacedChunk[]): CompactStruct {
  const moved = movedBy(replaced)
  const own = new Map(replaced.map(chunk => [`${chunk.group} ${chunk.leaf.index}`, chunk]))
  const rowGroups = footer.structs(ids.file.rowGroups).map(group => {
    const place = groups.indexOf(group)
    const chunks = group.structs(ids.rowGroup.columns).map((chunk, leaf) => {
      const by = own.get(`${place} ${leaf}`)
      return by === undefined ? movedChunk(chunk, moved) : replacedChunk(chunk, by, moved)
    })
    const sum = (id: number) =>
      chunks.reduce((total, chunk) => total + (chunk.struct(ids.chunk.metadata)?.number(id) ?? 0), 0)
    return group.with({
      [ids.rowGroup.columns]: group.listOf(ids.rowGroup.columns, chunks),
      [ids.rowGroup.bytes]: sum(ids.column.uncompressedBytes),
      [ids.rowGroup.compressedBytes]: sum(ids.column.compressedBytes),
      [ids.rowGroup.offset]: moved(group.number(ids.rowGroup.offset)),
    })
  })
  return footer.with({ [ids.file.rowGroups]: footer.listOf(ids.file.rowGroups, rowGroups) })
}

type Moved = (offset: number | undefined) => number | undefined

/** Where something is now; what says 0 says nothing. */
function movedBy(replaced: readonly ReplacedChunk[]): Moved {
  const ends = replaced.map(({ span }) => span.end)
  const shifts: number[] = []
  let shift = 0
  for (const { span, chunk } of replaced) shifts.push((shift += chunk.size - (span.end - span.start)))
  return offset => {
    if (offset === undefined || offset === 0) return offset
    // How many replaced chunks end before it: they are in the order of the file.
    const before = partitionPoint(ends.length, i => (ends[i] as number) <= offset)
    return offset + (before === 0 ? 0 : (shifts[before - 1] as number))
  }
}

function movedChunk(chunk: CompactStruct, moved: Moved): CompactStruct {
  const { column } = ids
  const metadata = chunk.struct(ids.chunk.metadata)
  return chunk.with({
    [ids.chunk.offset]: moved(chunk.number(ids.chunk.offset)),
    [ids.chunk.metadata]: metadata?.with({
      [column.dataPage]: moved(metadata.number(column.dataPage)),
      [column.indexPage]: moved(metadata.number(column.indexPage)),
      [column.dictionaryPage]: moved(metadata.number(column.dictionaryPage)),
      [column.bloomFilter]: moved(metadata.number(column.bloomFilter)),
    }),
    [ids.chunk.offsetIndex]: moved(chunk.number(ids.chunk.offsetIndex)),
    [ids.chunk.columnIndex]: moved(chunk.number(ids.chunk.columnIndex)),
  })
}

/** Its statistics and its Bloom filter are of its values, which are the same; indexes of its pages are not. */
function replacedChunk(chunk: CompactStruct, { span, chunk: by }: ReplacedChunk, moved: Moved): CompactStruct {
  const { column } = ids
  const metadata = chunk.struct(ids.chunk.metadata)
  const start = moved(span.start)
  return chunk.with({
    [ids.chunk.offset]: chunk.number(ids.chunk.offset) === 0 ? 0 : start,
    [ids.chunk.metadata]: metadata?.with({
      [column.encodings]: metadata.listOf(
        column.encodings,
        by.metadata.encodings.map(name => Encodings.indexOf(name)),
      ),
      [column.uncompressedBytes]: Number(by.metadata.total_uncompressed_size),
      [column.compressedBytes]: Number(by.metadata.total_compressed_size),
      [column.dataPage]: start,
      [column.indexPage]: undefined,
      [column.dictionaryPage]: undefined,
      [column.encodingStats]: undefined,
      [column.bloomFilter]: moved(metadata.number(column.bloomFilter)),
    }),
    [ids.chunk.offsetIndex]: undefined,
    [ids.chunk.offsetIndexLength]: undefined,
    [ids.chunk.columnIndex]: undefined,
    [ids.chunk.columnIndexLength]: undefined,
  })
}
