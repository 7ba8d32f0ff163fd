import { crc32 } from 'node:zlib'

import { ByteBuffer } from '../base/index.js'
import {
  appendPlain,
  appendRun,
  appendRuns,
  asDoubles,
  bitWidth,
  boundsOf,
  dictionaryOf,
  indexEncoder,
  packedEncoder,
  physicalValues,
  plainEncoder,
  type ValueEncoder,
} from '../encoding/index.js'
import {
  ByteWriter,
  type ColumnMetaData,
  type Encoding,
  type PageHeader,
  writePageHeader,
} from '../hyparquetInternals.js'
import { codecNames, compress, compressElsewhere, type WrittenCodec } from '../page/index.js'
import type { LeafValues } from './leafValues.js'

/** How a column chunk is encoded: what `ParquetOptions` ask for, with the defaults filled in. */
export interface ChunkOptions {
  readonly codec: WrittenCodec
  readonly zstdLevel: number
  /** Whether differences and lengths are packed; plain values are what the oldest readers know. */
  readonly packed: boolean
  /** Least and greatest value in the file's metadata. */
  readonly statistics: boolean
  /** Uncompressed bytes a page aims at. */
  readonly pageBytes: number
  /** Rows of a page of a flat column, in place of that: each page can then be read by itself, for want of a dictionary. */
  readonly pageRows?: number | undefined
}

/** One physical column of one row group, encoded. */
export interface ColumnChunk {
  /** Its bytes, part by part: they are only once put in one place, in the file. */
  readonly parts: readonly Uint8Array[]
  /** Bytes of the parts. */
  readonly size: number
  /** Offsets count from the chunk's own start. */
  readonly metadata: ColumnMetaData
}

/** A page as it is before it is compressed. */
interface PlainPage {
  readonly header: Omit<PageHeader, 'compressed_page_size' | 'crc'>
  /** Valid until the next page is requested. */
  readonly bytes: Uint8Array
}

interface PageHead extends Pick<PlainPage, 'header'> {
  readonly body: Uint8Array
}

/** What is known of a chunk besides its pages. */
type ChunkShape = Omit<
  ColumnMetaData,
  'codec' | 'total_uncompressed_size' | 'total_compressed_size' | 'data_page_offset' | 'dictionary_page_offset'
>

/** Nothing waits between a page and the next, so every chunk may use the same room for the page it is at; new room each time costs more. */
const page = new ByteBuffer(1 << 16)

/** A page of one long value is rare: its room is not kept for the process's life. */
const maxKept = 4 << 20

/** Encodes one physical column: a dictionary page where one is worth it, then data pages. */
export function encodeChunk(column: LeafValues, options: ChunkOptions): ColumnChunk {
  const assembly = new ChunkAssembly()
  const pages = chunkPages(column, options)
  for (let step = pages.next(); ; step = pages.next()) {
    if (step.done === true) return assembly.chunk(step.value, options)
    const { header, bytes } = step.value
    assembly.add(header, compress(options.codec, bytes, options.zstdLevel))
  }
}

/**
 * The same chunk, its pages compressed on other threads. The column is no longer used when this returns, before its
 * promise is fulfilled.
 */
export async function encodeChunkElsewhere(column: LeafValues, options: ChunkOptions): Promise<ColumnChunk> {
  const assembly = new ChunkAssembly()
  const pages = chunkPages(column, options)
  const compressed: Promise<PageHead>[] = []
  for (let step = pages.next(); ; step = pages.next()) {
    if (step.done === true) {
      for (const { header, body } of await Promise.all(compressed)) assembly.add(header, body)
      return assembly.chunk(step.value, options)
    }
    const { header, bytes } = step.value
    const body = compressElsewhere(options.codec, bytes, options.zstdLevel)
    compressed.push(Promise.resolve(body).then(done => ({ header, body: done })))
  }
}

/** Pages one after another. */
class ChunkAssembly {
  readonly #parts: Uint8Array[] = []
  #size = 0
  #uncompressed = 0
  #dictionaryEnd: number | undefined

  add(header: PlainPage['header'], body: Uint8Array): void {
    const out = new ByteWriter(128)
    writePageHeader(out, { ...header, compressed_page_size: body.length, crc: crc32(body) | 0 })
    const head = out.getBytes()
    // Of its own size: what was compressed lies in room for as much as it was before.
    const part = new Uint8Array(head.length + body.length)
    part.set(head)
    part.set(body, head.length)
    this.#parts.push(part)
    this.#size += part.length
    this.#uncompressed += head.length + header.uncompressed_page_size
    if (header.type === 'DICTIONARY_PAGE') this.#dictionaryEnd = this.#size
  }

  chunk(shape: ChunkShape, { codec }: ChunkOptions): ColumnChunk {
    return {
      parts: this.#parts,
      size: this.#size,
      metadata: {
        ...shape,
        codec: codecNames[codec],
        total_uncompressed_size: BigInt(this.#uncompressed),
        total_compressed_size: BigInt(this.#size),
        data_page_offset: BigInt(this.#dictionaryEnd ?? 0),
        ...(this.#dictionaryEnd === undefined ? {} : { dictionary_page_offset: 0n }),
      },
    }
  }
}

function* chunkPages(column: LeafValues, options: ChunkOptions): Generator<PlainPage, ChunkShape> {
  const { leaf, entries } = column
  const physical = physicalValues(leaf, column.values)
  page.clear(maxKept)
  const doubles = physical.kind === 'int64' ? asDoubles(physical.values) : undefined
  const dictionary = options.pageRows === undefined ? dictionaryOf(physical) : undefined
  let encoder: ValueEncoder
  if (dictionary === undefined) {
    encoder = (options.packed ? packedEncoder(physical, doubles) : undefined) ?? plainEncoder(physical)
  } else {
    const { distinct, indexes } = dictionary
    const { length } = distinct.values
    appendPlain(page, distinct, 0, length)
    const encoding = options.packed ? 'PLAIN' : 'PLAIN_DICTIONARY'
    yield takenPage({ type: 'DICTIONARY_PAGE', dictionary_page_header: { num_values: length, encoding } })
    encoder = indexEncoder(indexes, length, options.packed)
  }

  let valuesDone = 0
  for (const { from, to } of pageRanges(column, encoder.width, options)) {
    const valuesEnd = valuesDone + presentCount(column, from, to)
    appendLevels(page, column.repetitionLevels, from, to, leaf.maxRepetitionLevel)
    if (leaf.maxDefinitionLevel > 0) appendDefinitions(page, column, from, to)
    // Also for a page of nulls alone: Arrow wants the encoding's header even then.
    encoder.append(page, valuesDone, valuesEnd)
    valuesDone = valuesEnd
    yield takenPage({
      type: 'DATA_PAGE',
      data_page_header: {
        num_values: to - from,
        encoding: encoder.encoding,
        definition_level_encoding: 'RLE',
        repetition_level_encoding: 'RLE',
      },
    })
  }

  // The footer's encoder would shift a decimal's bounds by its scale, and readers would pass over rows.
  const bounds = options.statistics && typeof leaf.type === 'string' ? boundsOf(physical, doubles) : undefined
  return {
    type: leaf.element.type ?? 'BYTE_ARRAY',
    encodings: [
      ...new Set<Encoding>([encoder.encoding, 'RLE', ...(dictionary === undefined ? [] : ['PLAIN' as const])]),
    ],
    path_in_schema: [...leaf.path],
    num_values: BigInt(entries),
    statistics: {
      null_count: BigInt(entries - physical.values.length),
      ...(bounds === undefined ? {} : { min_value: bounds.min, max_value: bounds.max }),
    },
  }
}

/** The page that was made, and its room free again: what was in it stays until the next is begun. */
function takenPage(header: Omit<PlainPage['header'], 'uncompressed_page_size'>): PlainPage {
  const bytes = page.bytes()
  page.clear()
  return { header: { ...header, uncompressed_page_size: bytes.length }, bytes }
}

/** Entries page by page; a row never spans two pages. */
function pageRanges(
  { entries, values, repetitionLevels: repetitions }: LeafValues,
  width: number,
  { pageBytes, pageRows }: ChunkOptions,
): { from: number; to: number }[] {
  const pages = Math.max(1, Math.round((width * values.length) / pageBytes))
  const size = pageRows ?? Math.ceil(entries / pages)
  const ranges: { from: number; to: number }[] = []
  for (let from = 0; from < entries;) {
    let to = Math.min(entries, from + size)
    while (repetitions !== undefined && to < entries && repetitions[to] !== 0) to++
    ranges.push({ from, to })
    from = to
  }
  return ranges
}

function presentCount(
  { leaf, definitionLevels: definitions, values, entries }: LeafValues,
  from: number,
  to: number,
): number {
  if (definitions === undefined) return values.length === entries ? to - from : 0
  let count = 0
  for (let i = from; i < to; i++) if (definitions[i] === leaf.maxDefinitionLevel) count++
  return count
}

function appendDefinitions(page: ByteBuffer, column: LeafValues, from: number, to: number): void {
  const { leaf, definitionLevels: definitions, values, entries } = column
  if (definitions !== undefined) {
    appendLevels(page, definitions, from, to, leaf.maxDefinitionLevel)
    return
  }
  const lengthAt = page.reserve(4)
  appendRun(page, values.length === entries ? leaf.maxDefinitionLevel : 0, to - from, bitWidth(leaf.maxDefinitionLevel))
  page.data.writeUInt32LE(page.length - lengthAt - 4, lengthAt)
}

function appendLevels(page: ByteBuffer, levels: Uint8Array | undefined, from: number, to: number, max: number): void {
  if (levels === undefined) return
  const lengthAt = page.reserve(4)
  appendRuns(page, levels, from, to, bitWidth(max))
  page.data.writeUInt32LE(page.length - lengthAt - 4, lengthAt)
}
