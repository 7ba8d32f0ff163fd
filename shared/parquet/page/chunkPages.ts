import { crc32 } from 'node:zlib'

import { ParquetError } from '../base/index.js'
import { bitWidth, readBitPacked, readRuns } from '../encoding/index.js'
import { type ColumnMetaData, type Encoding, type PageHeader, parquetHeader } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import { decompress } from './codec.js'
import { type MemoryAllowance, valueBytes } from './memoryAllowance.js'

/** How many entries there are, and their levels in nested columns. */
export interface PageLevels {
  readonly entries: number
  /** Definition levels; absent when every entry is there. */
  readonly definitionLevels: Uint8Array | undefined
  readonly repetitionLevels: Uint8Array | undefined
}

/** A page with its levels read and its values yet to be decoded. */
export interface RawPage {
  readonly kind: 'data'
  readonly bytes: Uint8Array
  readonly encoding: Encoding | undefined
  /** Values that are not null. */
  readonly present: number
  readonly levels: PageLevels
}

/** A dictionary page as it is in the file: `body` is still compressed. */
export interface RawDictionary {
  readonly kind: 'dictionary'
  readonly header: PageHeader
  readonly body: Uint8Array
}

/** The pages of a chunk, each decompressed when its turn comes; a dictionary's is left as it is. */
export function* chunkPages(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  bytes: Uint8Array,
  allowance: MemoryAllowance,
): Generator<RawPage | RawDictionary, void> {
  const expected = Number(metadata.num_values)
  let entries = 0
  const reader = { view: viewOf(bytes), offset: 0 }
  while (entries < expected) {
    if (reader.offset >= bytes.length) throw corruptColumn(leaf, `its pages end after ${entries} of ${expected} values`)
    const header = parquetHeader(reader)
    const size = header.compressed_page_size
    if (!(size >= 0) || !(header.uncompressed_page_size >= 0) || reader.offset + size > bytes.length) {
      throw corruptColumn(leaf, 'a page reaches past the end of its column')
    }
    const body = bytes.subarray(reader.offset, reader.offset + size)
    reader.offset += size
    // Optional by the format, but written by Spark and here: the only thing that reveals a changed value.
    if (header.crc !== undefined && crc32(body) !== header.crc >>> 0)
      throw corruptColumn(leaf, 'the checksum of a page is wrong')
    // Long values are kept as views on their page, whatever their number.
    if (metadata.type === 'BYTE_ARRAY') allowance.take(leaf.path.join('.'), header.uncompressed_page_size, size)
    if (header.type === 'DICTIONARY_PAGE') {
      yield { kind: 'dictionary', header, body }
      continue
    }
    if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') continue
    const count = header.data_page_header_v2?.num_values ?? header.data_page_header?.num_values ?? -1
    if (count < 0 || entries + count > expected) throw corruptColumn(leaf, `a page claims ${count} values`)
    allowance.take(leaf.path.join('.'), levelBytes(leaf, count), size)
    const page = openPage(leaf, metadata, header, body, count)
    allowance.take(leaf.path.join('.'), decodedBytes(page), 0)
    yield page
    entries += count
  }
}

function openPage(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  header: PageHeader,
  body: Uint8Array,
  count: number,
): RawPage {
  const levels = {
    repetitions: newLevels(leaf.maxRepetitionLevel, count),
    definitions: newLevels(leaf.maxDefinitionLevel, count),
  }
  const second = header.data_page_header_v2
  let page: Uint8Array
  let at = 0
  if (second === undefined) {
    page = decompress(metadata.codec, body, header.uncompressed_page_size)
    const { repetition_level_encoding: repetitions, definition_level_encoding: definitions } =
      header.data_page_header ?? {}
    at = readLevels(leaf, page, at, { encoding: repetitions, max: leaf.maxRepetitionLevel }, levels.repetitions)
    at = readLevels(leaf, page, at, { encoding: definitions, max: leaf.maxDefinitionLevel }, levels.definitions)
  } else {
    const { repetition_levels_byte_length: repetitionBytes, definition_levels_byte_length: definitionBytes } = second
    const levelBytes = repetitionBytes + definitionBytes
    if (!(repetitionBytes >= 0 && definitionBytes >= 0 && levelBytes <= body.length)) {
      throw corruptColumn(leaf, 'a page has levels past its end')
    }
    if (levels.repetitions !== undefined) readRuns(body, 0, bitWidth(leaf.maxRepetitionLevel), levels.repetitions)
    if (levels.definitions !== undefined)
      readRuns(body, repetitionBytes, bitWidth(leaf.maxDefinitionLevel), levels.definitions)
    const rest = body.subarray(levelBytes)
    const size = header.uncompressed_page_size - levelBytes
    page = second.is_compressed === false || rest.length === 0 ? rest : decompress(metadata.codec, rest, size)
  }
  const present = countPresent(leaf, levels.definitions, count)
  return {
    kind: 'data',
    bytes: page.subarray(at),
    encoding: (second ?? header.data_page_header)?.encoding,
    present,
    levels: {
      entries: count,
      definitionLevels: present === count ? undefined : levels.definitions,
      repetitionLevels: levels.repetitions,
    },
  }
}

/** Of the levels, and of a column with nulls between the values. */
function levelBytes(leaf: LeafNode, count: number): number {
  return count * (leaf.maxDefinitionLevel === 0 ? 0 : 1 + valueBytes) + count * (leaf.maxRepetitionLevel === 0 ? 0 : 1)
}

/** Of the values, and of their places in a dictionary. */
function decodedBytes({ present, encoding }: RawPage): number {
  return present * (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY' ? valueBytes + 4 : valueBytes)
}

function newLevels(max: number, count: number): Uint8Array | undefined {
  return max === 0 ? undefined : new Uint8Array(count)
}

function readLevels(
  leaf: LeafNode,
  page: Uint8Array,
  at: number,
  { encoding, max }: { readonly encoding: Encoding | undefined; readonly max: number },
  levels: Uint8Array | undefined,
): number {
  // The encoding given for absent levels does not matter.
  if (levels === undefined) return at
  if (encoding === 'BIT_PACKED') return readBitPacked(page, at, bitWidth(max), levels)
  if (encoding !== 'RLE') throw unknownEncoding(leaf, 'levels', encoding)
  const size = viewOf(page).getUint32(at, true)
  readRuns(page.subarray(0, at + 4 + size), at + 4, bitWidth(max), levels)
  return at + 4 + size
}

function countPresent(leaf: LeafNode, definitions: Uint8Array | undefined, count: number): number {
  if (definitions === undefined) return count
  let present = 0
  for (let i = 0; i < count; i++) if (definitions[i] === leaf.maxDefinitionLevel) present++
  return present
}

/** A view on exactly these bytes, which are not copied and must not be shared memory. */
export function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}

/** A part of a column that is stored in a way that this reader does not know. */
export function unknownEncoding(
  leaf: LeafNode,
  what: 'pages' | 'levels' | 'a dictionary',
  encoding: Encoding | undefined,
): ParquetError {
  const column = leaf.path.join('.')
  return new ParquetError(
    'PARQUET_UNSUPPORTED',
    `Column ${column} has ${what} in an encoding that this reader does not know (${String(encoding)}).`,
    {
      data: { column, encoding },
    },
  )
}

/** What is wrong with a column. */
export function corruptColumn(leaf: LeafNode, what: string): ParquetError {
  const column = leaf.path.join('.')
  return new ParquetError('PARQUET_CORRUPT', `Column ${column} cannot be read: ${what}.`, { data: { column } })
}
