import { named, type ParquetSource } from '../base/index.js'
import type { ColumnMetaData } from '../hyparquetInternals.js'
import { codecNames, defaultZstdLevel, type WrittenCodec, writtenCodecs } from '../page/index.js'
import { chunkSpan, type RowGroupInfo } from '../read/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { type ColumnChunk, encodeChunk, leafValues, type PagedColumns } from '../write/index.js'
import { openRaw } from './extractableFile.js'
import { encodedFooter } from './extractFooter.js'
import { pagedFooter, type ReplacedChunk } from './pagedFooter.js'
import type { RawFile } from './rawFile.js'

const pieceBytes = 2 ** 20
const headBytes = 4

/**
 * A file with some of its columns in other pages: of so many rows each, and each to be read without the others. Whatever
 * else is in the file is in the new one byte for byte, and so are the values and the codec of these columns. Memory is
 * bounded by the chunks of a row group.
 *
 * A column that the file lacks, that is nested or that is stored in another way than this project's writer does stays as
 * it is.
 *
 * @returns the new file's bytes, in order
 * @throws ParquetError as {@link openExtractable}
 */
export async function* pagedFile(
  source: ParquetSource,
  { columns, rows }: PagedColumns,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { raw, footerBytes } = await named(source, () => openRaw(source))
  const { groups } = raw.file.layout()
  const leaves = columns.flatMap(name => raw.file.layout().nodes.find(node => node.name === name) ?? []).filter(isPlain)
  const wanted = groups.flatMap((group, place) =>
    leaves.flatMap(leaf => {
      const metadata = group.chunks[leaf.index] as ColumnMetaData
      const codec = writtenCodecs.find(name => codecNames[name] === metadata.codec)
      return codec === undefined ? [] : [{ group, place, leaf, codec, span: chunkSpan(metadata) }]
    }),
  )
  const replaced: ReplacedChunk[] = []
  let at = 0
  for (const { group, place, leaf, codec, span } of wanted.toSorted((a, b) => a.span.start - b.span.start)) {
    yield* copied(source, at, span.start)
    const chunk = await encodedChunk(raw, group, leaf, codec, rows)
    yield* chunk.parts
    replaced.push({ group: place, leaf, span, chunk: { size: chunk.size, metadata: chunk.metadata } })
    at = span.end
  }
  yield* copied(source, at, Math.max(headBytes, source.byteLength - footerBytes))
  yield encodedFooter(pagedFooter(raw, replaced))
}

const wholeNumbers = ['byte', 'short', 'integer', 'long', 'date']

/** Whether this project's writer stores such a column as it is stored here. */
function isPlain(node: SchemaNode): node is LeafNode {
  if (node.kind !== 'leaf' || typeof node.type !== 'string') return false
  const { type, logical_type: logical, converted_type: converted } = node.element
  if (type === 'BYTE_ARRAY') return node.type === 'string'
  if (wholeNumbers.includes(node.type)) return true
  const isMicros = converted === 'TIMESTAMP_MICROS' || (logical?.type === 'TIMESTAMP' && logical.unit === 'MICROS')
  return type === 'INT64' && ['timestamp', 'timestamp_ntz'].includes(node.type) && isMicros
}

async function encodedChunk(
  { file }: RawFile,
  group: RowGroupInfo,
  leaf: LeafNode,
  codec: WrittenCodec,
  pageRows: number,
): Promise<ColumnChunk> {
  const [column] = await file.readStored(group, { columns: [leaf.name] })
  const [values] = leafValues(leaf, column?.data ?? [])
  if (values === undefined) throw new RangeError('a leaf without values')
  return encodeChunk(values, {
    codec,
    zstdLevel: defaultZstdLevel,
    packed: codec === 'zstd',
    statistics: false,
    pageBytes: pieceBytes,
    pageRows,
  })
}

async function* copied(source: ParquetSource, from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = from; start < to; start += pieceBytes)
    yield new Uint8Array(await source.slice(start, Math.min(to, start + pieceBytes)))
}
