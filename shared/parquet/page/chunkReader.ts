import { Utf8Column } from '../base/index.js'
import { type DecodedValues, readLengths, type ValueDecoder } from '../encoding/index.js'
import type { ColumnMetaData } from '../hyparquetInternals.js'
import type { LeafNode } from '../schema/index.js'
import { chunkPages, type PageLevels, type RawPage, viewOf } from './chunkPages.js'
import { joinedValues } from './decodedArrays.js'
import { MemoryAllowance } from './memoryAllowance.js'
import { PageValueReader } from './pageValueReader.js'

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
  const reader = new PageValueReader(leaf, metadata, decode, allowance)
  for (const page of chunkPages(leaf, metadata, bytes, allowance)) {
    if (page.kind === 'dictionary') reader.readDictionary(page)
    else pages.push({ ...page.levels, values: page.present === 0 ? [] : reader.read(page) })
  }
  return joined(leaf, pages, joinedValues)
}

/**
 * A flat column chunk of strings as they are stored, nulls among them. Nothing where they are dictionary-encoded, so that
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
