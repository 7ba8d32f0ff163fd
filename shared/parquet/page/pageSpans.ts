import { type ColumnMetaData, parquetHeader } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import { corruptColumn, viewOf } from './chunkPages.js'

/** A data page by its rows and its place in the chunk's bytes, head and body; `end` is exclusive. */
export interface PageSpan {
  readonly rows: number
  readonly start: number
  readonly end: number
}

/**
 * Where each page of a chunk lies, by the pages themselves.
 *
 * @returns undefined where a page cannot be read by itself: it needs a dictionary, or values are not rows
 * @throws ParquetError PARQUET_CORRUPT, or what the decoder of heads throws
 */
export function pageSpans(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  bytes: Uint8Array,
): readonly PageSpan[] | undefined {
  if (leaf.maxRepetitionLevel > 0) return undefined
  const expected = Number(metadata.num_values)
  const spans: PageSpan[] = []
  const reader = { view: viewOf(bytes), offset: 0 }
  for (let rows = 0; rows < expected;) {
    const start = reader.offset
    if (start >= bytes.length) throw corruptColumn(leaf, `its pages end after ${rows} of ${expected} values`)
    const header = parquetHeader(reader)
    reader.offset += header.compressed_page_size
    if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') return undefined
    const count = header.data_page_header_v2?.num_values ?? header.data_page_header?.num_values ?? -1
    if (!(count >= 0) || !(header.compressed_page_size >= 0) || reader.offset > bytes.length || rows + count > expected)
      throw corruptColumn(leaf, 'a page reaches past the end of its column')
    spans.push({ rows: count, start, end: reader.offset })
    rows += count
  }
  return spans
}
