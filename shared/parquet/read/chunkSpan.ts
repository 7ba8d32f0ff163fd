import { type ByteSpan, corruptFile } from '../base/index.js'
import type { ColumnMetaData } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'

/** Where a column chunk lies in its file. */
export function chunkSpan(chunk: ColumnMetaData): ByteSpan {
  const data = Number(chunk.data_page_offset)
  const dictionary = Number(chunk.dictionary_page_offset ?? 0n)
  const start = dictionary > 0 && dictionary < data ? dictionary : data
  return { start, end: start + Number(chunk.total_compressed_size) }
}

/** @throws ParquetError PARQUET_CORRUPT for a chunk that cannot be one of `rows` rows in a file of so many bytes */
export function checkChunk(leaf: LeafNode, chunk: ColumnMetaData | undefined, rows: number, fileSize: number): void {
  const name = leaf.path.join('.')
  if (chunk === undefined) throw corruptFile(`Column ${name} has no metadata; it may be encrypted or in another file.`)
  const { start, end } = chunkSpan(chunk)
  const values = Number(chunk.num_values)
  if (!(start >= 4 && end >= start && end <= fileSize)) throw corruptFile(`Column ${name} lies outside the file.`)
  if (chunk.type !== leaf.element.type)
    throw corruptFile(`Column ${name} is ${chunk.type}, not ${String(leaf.element.type)}.`)
  if (!(values >= 0) || values > 2 ** 31 || (leaf.maxRepetitionLevel === 0 ? values !== rows : values < rows)) {
    throw corruptFile(`Column ${name} claims ${values} values for ${rows} rows.`)
  }
}
