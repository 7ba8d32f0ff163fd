import { type AddFile, decodeLogPath, typeText } from '../../delta/index.js'
import { objectStoreSource, openParquet } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { columnHashes } from './keyHash.js'
import type { IndexedFile } from './segmentTrailer.js'
import { SegmentWriter } from './segmentWriter.js'

/** The two columns that an index is about. */
export interface IndexedColumns {
  readonly key: StructField
  readonly eventTime: StructField
}

/** Row groups of a segment that is sorted as it is built, so that a hash and its group are one exact number. */
const maxGroups = 2 ** 16

/**
 * Builds a segment of the keys of data files and puts it into the table's folder: about 20 bytes of memory a row.
 *
 * @param files few enough to have their hashes sorted in memory
 * @returns the files it holds; undefined, and no segment, when there is none. A file whose row groups cannot be read by
 *   themselves is left out
 */
export async function buildSegment(
  store: ObjectStore,
  path: string,
  { key, eventTime }: IndexedColumns,
  files: readonly AddFile[],
): Promise<readonly IndexedFile[] | undefined> {
  const indexed: IndexedFile[] = []
  const parts: Float64Array[] = []
  let groups = 0
  for (const { path: logPath, size } of files) {
    const parquet = await openParquet(objectStoreSource(store, decodeLogPath(logPath), size))
    const outline = parquet.outline([key.name, eventTime.name])
    if (outline === undefined || groups + outline.groups.length > maxGroups) continue
    for (const group of parquet.rowGroups) {
      const [column] = await parquet.readStored(group, { fields: [key] })
      if (column !== undefined) parts.push(numbered(columnHashes(column.data), groups))
      groups++
    }
    indexed.push({ path: logPath, size, rows: parquet.rowCount, outline })
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
      const hash = Math.floor(entry / maxGroups)
      if (!writer.add(hash, entry - hash * maxGroups)) await writer.flush()
    }
    await writer.finish()
  } catch (error) {
    await output.abort()
    throw error
  }
  return indexed
}

/** Each hash and the row group's number as one number; a null key is no entry. */
function numbered(hashes: Float64Array, group: number): Float64Array {
  const entries = new Float64Array(hashes.length)
  let count = 0
  for (const hash of hashes) if (!Number.isNaN(hash)) entries[count++] = hash * maxGroups + group
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
  // A key that a row group has more than once is one entry.
  let count = 0
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[count++] = all[i] as number
  return all.subarray(0, count)
}
