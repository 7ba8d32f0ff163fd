import {
  type DecodedValues,
  decodeStrings,
  joinedStrings,
  plainStrings,
  readByLength,
  readByPrefix,
  readDeltas,
  readLengths,
  readRuns,
  type ValueDecoder,
} from '../encoding/index.js'
import { byteStreamSplit, type ColumnMetaData, readPlain } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import { corruptColumn, type RawDictionary, type RawPage, unknownEncoding, viewOf } from './chunkPages.js'
import { decompress } from './codec.js'
import { newLike } from './decodedArrays.js'
import type { MemoryAllowance } from './memoryAllowance.js'

/** Decodes the values of a column chunk's pages, one page after the other. */
export class PageValueReader {
  readonly #leaf: LeafNode
  readonly #metadata: ColumnMetaData
  readonly #decode: ValueDecoder
  readonly #allowance: MemoryAllowance
  #dictionary: DecodedValues | undefined

  constructor(leaf: LeafNode, metadata: ColumnMetaData, decode: ValueDecoder, allowance: MemoryAllowance) {
    this.#leaf = leaf
    this.#metadata = metadata
    this.#decode = decode
    this.#allowance = allowance
  }

  /**
   * Keeps the dictionary for the pages that refer to it.
   *
   * @throws ParquetError, or what the decoders throw, on damaged bytes
   */
  readDictionary({ header, body }: RawDictionary): void {
    const { codec, type } = this.#metadata
    const count = header.dictionary_page_header?.num_values ?? -1
    const encoding = header.dictionary_page_header?.encoding
    if (encoding !== 'PLAIN' && encoding !== 'PLAIN_DICTIONARY')
      throw unknownEncoding(this.#leaf, 'a dictionary', encoding)
    const page = decompress(codec, body, header.uncompressed_page_size)
    if (count < 0 || count > page.length * (type === 'BOOLEAN' ? 8 : 1))
      throw corruptColumn(this.#leaf, 'its dictionary is damaged')
    this.#dictionary = this.#plain(page, count)
  }

  /**
   * The values of a page that has some.
   *
   * @throws ParquetError, or what the decoders throw, on damaged bytes
   */
  read({ bytes, encoding, present: count }: RawPage): DecodedValues {
    const leaf = this.#leaf
    const decode = this.#decode
    const { type } = this.#metadata
    const reader = { view: viewOf(bytes), offset: 0 }
    switch (encoding) {
      case 'PLAIN':
        if (count > bytes.length * 8)
          throw corruptColumn(leaf, `a page of ${bytes.length} bytes claims ${count} values`)
        return this.#plain(bytes, count)
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY':
        return this.#fromDictionary(bytes, count)
      case 'RLE': {
        if (type !== 'BOOLEAN') break
        const bits = new Uint8Array(count)
        readRuns(bytes, 4, 1, bits)
        return decode(Array.from(bits, bit => bit === 1))
      }
      case 'DELTA_BINARY_PACKED':
        return decode(readDeltas(reader, type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)))
      case 'DELTA_LENGTH_BYTE_ARRAY':
        if (decode === decodeStrings) {
          const lengths = readLengths(reader, count)
          return joinedStrings(bytes.subarray(reader.offset), lengths)
        }
        return decode(readByLength(reader, count))
      case 'DELTA_BYTE_ARRAY':
        return decode(
          readByPrefix(reader, count, size => {
            this.#allowance.take(leaf.path.join('.'), size, 0)
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

  #plain(bytes: Uint8Array, count: number): DecodedValues {
    if (this.#decode === decodeStrings) return plainStrings(bytes, count)
    const { type_length: length } = this.#leaf.element
    return this.#decode(readPlain({ view: viewOf(bytes), offset: 0 }, this.#metadata.type, count, length))
  }

  #fromDictionary(bytes: Uint8Array, count: number): DecodedValues {
    if (this.#dictionary === undefined)
      throw corruptColumn(this.#leaf, 'a page refers to a dictionary that is not there')
    const width = bytes[0] ?? 0
    if (width > 32) throw corruptColumn(this.#leaf, `a page has indexes of ${width} bits`)
    const indexes = new Int32Array(count)
    readRuns(bytes, 1, width, indexes)
    return gathered(this.#leaf, this.#dictionary, indexes)
  }
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
