import { type AddFile, decodeLogPath, typeText } from '../../delta/index.js'
import { objectStoreSource, openParquet, ParquetError, type Stretch } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { columnHashes, hashBits } from './keyHash.js'
import { PackedStretches } from './packedStretches.js'
import type { IndexedFile } from './segmentTrailer.js'
import { SegmentWriter } from './segmentWriter.js'

/** The two columns that an index is about. */
export interface IndexedColumns {
  readonly key: StructField
  readonly eventTime: StructField
}

/** Stretches of a segment that is sorted as it is built, so that a hash and its stretch are one exact number. */
const maxStretches = 2 ** (52 - hashBits)

/**
 * Builds a segment of the keys of data files and puts it into the table's folder: about 20 bytes of memory a row.
 *
 * @param files few enough to have their hashes sorted in memory
 * @returns the files it holds; undefined, and no segment, when there is none. A file of which no part can be read by itself is
 *   left out, and so is one that is damaged
 */
export async function buildSegment(
  store: ObjectStore,
  path: string,
  { key, eventTime }: IndexedColumns,
  files: readonly AddFile[],
): Promise<readonly IndexedFile[] | undefined> {
  const indexed: IndexedFile[] = []
  const parts: Float64Array[] = []
  // Stretches of the files that came before.
  let before = 0
  for (const file of files) {
    const keys = await fileKeys(store, file, { key, eventTime })
    if (keys === undefined || before + keys.file.stretches.count > maxStretches) continue
    for (const [i, hashes] of keys.hashes.entries()) parts.push(numbered(hashes, before + i))
    before += keys.file.stretches.count
    indexed.push(keys.file)
  }
  if (indexed.length === 0) return undefined
  const sorted = sortedEntries(parts)
  const trailer = {
    columns: [key.name, eventTime.name] as const,
    keyType: typeText(key.type),
    entries: sorted.length,
    files: indexed,
  }
  const output = await store.create(path)
  try {
    const writer = new SegmentWriter(output, trailer)
    for (const entry of sorted) {
      const hash = Math.floor(entry / maxStretches)
      if (!writer.add(hash, entry - hash * maxStretches)) await writer.flush()
    }
    await writer.finish()
  } catch (error) {
    await output.abort()
    throw error
  }
  return indexed
}

/** A file's keys, by its stretches. */
interface FileKeys {
  readonly file: IndexedFile
  /** Of each stretch; NaN for null. */
  readonly hashes: readonly Float64Array[]
}

/** @returns undefined for a file of which no part can be read by itself, or that cannot be read at all */
async function fileKeys(
  store: ObjectStore,
  { path, size }: AddFile,
  { key, eventTime }: IndexedColumns,
): Promise<FileKeys | undefined> {
  const columns = [key.name, eventTime.name]
  try {
    const parquet = await openParquet(objectStoreSource(store, decodeLogPath(path), size))
    const outline = parquet.outline(columns)
    if (outline === undefined) return undefined
    const hashes: Float64Array[] = []
    const stretches: Stretch[] = []
    for (const group of parquet.rowGroups) {
      const read = await parquet.readStretches(group, key, columns)
      const all = columnHashes(read.column.data)
      let row = 0
      for (const stretch of read.stretches) hashes.push(all.subarray(row, (row += stretch[0] ?? 0)))
      stretches.push(...read.stretches)
    }
    const packed = PackedStretches.of(stretches)
    return { file: { path, size, rows: parquet.rowCount, columns: outline.columns, stretches: packed }, hashes }
  } catch (error) {
    // Whoever reads the file says what is wrong with it.
    if (error instanceof ParquetError) return undefined
    throw error
  }
}

/** Each hash and its stretch's number as one number; a null key is no entry. */
function numbered(hashes: Float64Array, stretch: number): Float64Array {
  const entries = new Float64Array(hashes.length)
  let count = 0
  for (const hash of hashes) if (!Number.isNaN(hash)) entries[count++] = hash * maxStretches + stretch
  return entries.subarray(0, count)
}

function sortedEntries(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  all.sort()
  // A key that a stretch has more than once is one entry.
  let count = 0
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[count++] = all[i] as number
  return all.subarray(0, count)
}
