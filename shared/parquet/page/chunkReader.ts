import { Utf8Column } from '../base/index.js'
import {
  type DecodedValues,
  joinedStrings,
  plainStrings,
  readByLength,
  readByPrefix,
  readDeltas,
  readLengths,
  readRuns,
  texts,
  type ValueDecoder,
} from '../encoding/index.js'
import { byteStreamSplit, type ColumnMetaData, readPlain } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import {
  chunkPages,
  corruptColumn,
  type PageLevels,
  type RawDictionary,
  type RawPage,
  unknownEncoding,
  viewOf,
} from './chunkPages.js'
import { decompress } from './codec.js'
import { MemoryAllowance } from './memoryAllowance.js'

/** One physical column of one row group as read; the mirror of what leafValues.ts makes. */
export interface LeafData<V = DecodedValues> extends PageLevels {
  readonly leaf: LeafNode
  readonly values: V
}

type Page<V> = PageLevels & { readonly values: V }

/**
 * Decodes a column chunk.
 *
 * @throws ParquetError, or what the decoders throw, on damaged bytes
 */
export function readChunk(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  bytes: Uint8Array,
  decode: ValueDecoder,
  allowance = new MemoryAllowance(),
): LeafData {
  const pages: Page<DecodedValues>[] = []
  let dictionary: DecodedValues | undefined
  for (const page of chunkPages(leaf, metadata, bytes, allowance)) {
    if (page.kind === 'dictionary') dictionary = readDictionary(leaf, metadata, page, decode)
    else
      pages.push({
        ...page.levels,
        values: page.present === 0 ? [] : readValues(leaf, metadata, page, decode, dictionary, allowance),
      })
  }
  return joined(leaf, pages, joinedValues)
}

/**
 * A flat column chunk of texts as they are stored, nulls among them. Nothing where they are dictionary-encoded, so that
 * values share strings, or otherwise not concatenated, or not UTF-8: then {@link readChunk} reads them.
 */
export function readTextChunk(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  bytes: Uint8Array,
  allowance = new MemoryAllowance(),
): Utf8Column | undefined {
  const pages: Page<Utf8Column>[] = []
  for (const page of chunkPages(leaf, metadata, bytes, allowance)) {
    if (page.kind === 'dictionary') return undefined
    const values = utf8Column(page)
    if (values === undefined) return undefined
    pages.push({ ...page.levels, values })
  }
  const { values, definitionLevels: definitions } = joined<Utf8Column | undefined>(leaf, pages, parts =>
    Utf8Column.joined(parts as readonly Utf8Column[]),
  )
  return definitions === undefined ? values : values?.spread(definitions, leaf.maxDefinitionLevel)
}

function utf8Column({ bytes, encoding, present }: RawPage): Utf8Column | undefined {
  if (present === 0) return Utf8Column.of(bytes.subarray(0, 0), new Int32Array())
  if (encoding === 'PLAIN') return Utf8Column.ofPlain(bytes, present)
  if (encoding !== 'DELTA_LENGTH_BYTE_ARRAY') return undefined
  const reader = { view: viewOf(bytes), offset: 0 }
  const lengths = readLengths(reader, present)
  return Utf8Column.of(bytes.subarray(reader.offset), lengths)
}

function readDictionary(
  leaf: LeafNode,
  metadata: ColumnMetaData,
  { header, body }: RawDictionary,
  decode: ValueDecoder,
): DecodedValues {
  const count = header.dictionary_page_header?.num_values ?? -1
  const encoding = header.dictionary_page_header?.encoding
  if (encoding !== 'PLAIN' && encoding !== 'PLAIN_DICTIONARY') throw unknownEncoding(leaf, 'a dictionary', encoding)
  const page = decompress(metadata.codec, body, header.uncompressed_page_size)
  if (count < 0 || count > page.length * (metadata.type === 'BOOLEAN' ? 8 : 1))
    throw corruptColumn(leaf, 'its dictionary is damaged')
  return plainValues(leaf, metadata, page, count, decode)
}

function readValues(
  leaf: LeafNode,
  { type }: ColumnMetaData,
  { bytes, encoding, present: count }: RawPage,
  decode: ValueDecoder,
  dictionary: DecodedValues | undefined,
  allowance: MemoryAllowance,
): DecodedValues {
  const reader = { view: viewOf(bytes), offset: 0 }
  switch (encoding) {
    case 'PLAIN':
      if (count > bytes.length * 8) throw corruptColumn(leaf, `a page of ${bytes.length} bytes claims ${count} values`)
      return plainValues(leaf, { type }, bytes, count, decode)
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      if (dictionary === undefined) throw corruptColumn(leaf, 'a page refers to a dictionary that is not there')
      const width = bytes[0] ?? 0
      if (width > 32) throw corruptColumn(leaf, `a page has indexes of ${width} bits`)
      const indexes = new Int32Array(count)
      readRuns(bytes, 1, width, indexes)
      return gathered(leaf, dictionary, indexes)
    }
    case 'RLE': {
      if (type !== 'BOOLEAN') break
      const bits = new Uint8Array(count)
      readRuns(bytes, 4, 1, bits)
      return decode(Array.from(bits, bit => bit === 1))
    }
    case 'DELTA_BINARY_PACKED':
      return decode(readDeltas(reader, type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)))
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (decode === texts) {
        const lengths = readLengths(reader, count)
        return joinedStrings(bytes.subarray(reader.offset), lengths)
      }
      return decode(readByLength(reader, count))
    case 'DELTA_BYTE_ARRAY':
      return decode(
        readByPrefix(reader, count, size => {
          allowance.take(leaf.path.join('.'), size, 0)
        }),
      )
    case 'BYTE_STREAM_SPLIT':
      if (count * (leaf.element.type_length ?? 1) > bytes.length)
        throw corruptColumn(leaf, `a page of ${bytes.length} bytes claims ${count} values`)
      return decode(byteStreamSplit(reader, count, type, leaf.element.type_length))
    default:
  }
  throw unknownEncoding(leaf, 'pages', encoding)
}

function plainValues(
  leaf: LeafNode,
  { type }: Pick<ColumnMetaData, 'type'>,
  bytes: Uint8Array,
  count: number,
  decode: ValueDecoder,
): DecodedValues {
  if (decode === texts) return plainStrings(bytes, count)
  return decode(readPlain({ view: viewOf(bytes), offset: 0 }, type, count, leaf.element.type_length))
}

function gathered(leaf: LeafNode, dictionary: DecodedValues, indexes: Int32Array): DecodedValues {
  const { length } = indexes
  if (dictionary instanceof BigInt64Array) return gatheredLongs(leaf, dictionary, indexes)
  const output = Array.isArray(dictionary) ? new Array<unknown>(length) : newLike(dictionary, length)
  for (let i = 0; i < length; i++) {
    const value = dictionary[indexes[i] as number]
    if (value === undefined) throw corruptColumn(leaf, 'a page refers past the end of its dictionary')
    output[i] = value
  }
  return output as DecodedValues
}

/** The same by 32-bit halves: a bigint for each value would cost more than all the rest. */
function gatheredLongs(leaf: LeafNode, dictionary: BigInt64Array, indexes: Int32Array): BigInt64Array {
  const output = new BigInt64Array(indexes.length)
  const from = new Int32Array(dictionary.buffer, dictionary.byteOffset, dictionary.length * 2)
  const to = new Int32Array(output.buffer)
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i] as number
    if (index < 0 || index >= dictionary.length)
      throw corruptColumn(leaf, 'a page refers past the end of its dictionary')
    to[2 * i] = from[2 * index] as number
    to[2 * i + 1] = from[2 * index + 1] as number
  }
  return output
}

function joined<V>(leaf: LeafNode, pages: readonly Page<V>[], join: (parts: readonly V[]) => V): LeafData<V> {
  const [only] = pages
  if (only !== undefined && pages.length === 1) return { leaf, ...only }
  const entries = pages.reduce((sum, page) => sum + page.entries, 0)
  const whole = pages.every(({ definitionLevels: definitions }) => definitions === undefined)
  const definitions = whole ? undefined : new Uint8Array(entries)
  const repetitions = leaf.maxRepetitionLevel === 0 ? undefined : new Uint8Array(entries)
  let at = 0
  for (const page of pages) {
    if (page.definitionLevels === undefined) definitions?.fill(leaf.maxDefinitionLevel, at, at + page.entries)
    else definitions?.set(page.definitionLevels, at)
    if (page.repetitionLevels !== undefined) repetitions?.set(page.repetitionLevels, at)
    at += page.entries
  }
  return {
    leaf,
    values: join(pages.map(({ values }) => values)),
    entries,
    definitionLevels: definitions,
    repetitionLevels: repetitions,
  }
}

/** The parts one after another; a typed array when all of them are of one kind. */
export function joinedValues(all: readonly DecodedValues[]): DecodedValues {
  const parts = all.filter(({ length }) => length > 0)
  const [first] = parts
  if (first === undefined) return []
  if (parts.length === 1) return first
  let length = 0
  for (const part of parts) length += part.length
  const typed = !Array.isArray(first) && parts.every(part => part.constructor === first.constructor)
  if (typed) {
    const output = newLike(first, length)
    let at = 0
    for (const part of parts) {
      ;(output as { set(from: DecodedValues, at: number): void }).set(part, at)
      at += part.length
    }
    return output as DecodedValues
  }
  const output = new Array<unknown>(length)
  let at = 0
  for (const part of parts) for (let i = 0; i < part.length; i++) output[at++] = part[i]
  return output as DecodedValues
}

function newLike(typed: Exclude<DecodedValues, unknown[]>, length: number): { [index: number]: unknown } {
  return new (typed.constructor as new (length: number) => { [index: number]: unknown })(length)
}
