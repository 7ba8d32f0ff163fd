import { corruptFile, named, ParquetError, type ParquetSource, tailBytes } from '../base/index.js'
import { parquetMetadata } from '../hyparquetInternals.js'
import { ParquetFile, type RowGroupInfo } from '../read/index.js'
import { type CompactStruct, decodeCompact } from './compactStruct.js'
import { type ExtractPlan, planExtract } from './extractPlan.js'
import { ids } from './footerIds.js'
import { type LeafBounds, leafBounds } from './leafBounds.js'
import type { RawFile } from './rawFile.js'

/** A file of which some columns and row groups can be had as a file of their own. Of it, only the footer was read. */
export interface ExtractableFile {
  readonly file: ParquetFile
  /** Bytes that were read to open it. */
  readonly openedBytes: number
  /**
   * What has to be read for those top-level columns (by name, in whatever letter case) of those row groups. Without a
   * column that the file has, its smallest takes their place, so that rows remain rows.
   */
  plan(isWanted: (column: string) => boolean, groups: readonly RowGroupInfo[]): ExtractPlan
  /** What the footer says of a physical column in a row group. */
  bounds(group: RowGroupInfo, path: readonly string[]): LeafBounds | 'absent' | undefined
}

/**
 * Opens a file by its footer, in one read of the file's tail where the footer fits into that.
 *
 * @throws ParquetError PARQUET_CORRUPT when this is no Parquet file, or is encrypted; PARQUET_UNSUPPORTED when parts of it
 *   may lie where its footer does not say; the source's own errors
 */
export async function openExtractable(source: ParquetSource): Promise<ExtractableFile> {
  return named(source, async () => {
    const { raw, openedBytes } = await openRaw(source)
    const { file, groups } = raw
    const places = new Map(file.rowGroups.map(({ rowStart }, place) => [rowStart, place]))
    return {
      file,
      openedBytes,
      plan: (isWanted, wanted) =>
        planExtract(source, raw, isWanted, new Set(wanted.map(({ rowStart }) => places.get(rowStart)))),
      bounds: ({ rowStart }, path) => leafBounds(raw, groups[places.get(rowStart) ?? -1], path),
    }
  })
}

/** As {@link openExtractable}. */
export async function openRaw(
  source: ParquetSource,
): Promise<{ readonly raw: RawFile; readonly openedBytes: number; readonly footerBytes: number }> {
  const { tail, openedBytes } = await readFooter(source)
  const file = new ParquetFile(source, parquetMetadata(tail, { geoparquet: false }))
  const footer = decodeCompact(new Uint8Array(tail, 0, tail.byteLength - 8))
  requireWhole(file, footer)
  // Row groups without rows have no place in the file, and `file` leaves them out too.
  const groups = footer.structs(ids.file.rowGroups).filter(group => group.number(ids.rowGroup.rows) !== 0)
  return { raw: { file, footer, groups }, openedBytes, footerBytes: tail.byteLength }
}

/** The footer with its length and the magic number behind it. */
async function readFooter(
  source: ParquetSource,
): Promise<{ readonly tail: ArrayBuffer; readonly openedBytes: number }> {
  const { byteLength } = source
  if (byteLength < 12) throw corruptFile(`It has only ${byteLength} bytes.`)
  const end = new DataView(await source.slice(byteLength - 8, byteLength))
  const magic = end.getUint32(4)
  if (magic === encrypted) throw corruptFile('Its footer is encrypted.')
  if (magic !== plain) throw corruptFile('It does not end as a Parquet file does.')
  const length = end.getUint32(0, true)
  const start = byteLength - 8 - length
  if (start < 4) throw corruptFile(`Its footer claims ${length} bytes.`)
  const tail = await source.slice(start, byteLength)
  const kept = Math.min(byteLength, tailBytes)
  return { tail, openedBytes: kept + (start < byteLength - kept ? byteLength - start : 0) }
}

/** `PAR1` and `PARE`. */
const plain = 0x50415231
const encrypted = 0x50415245

/** Whether all that belongs to a chunk lies where the footer says. */
function requireWhole({ createdBy }: ParquetFile, footer: CompactStruct): void {
  const unsupported = (what: string) =>
    new ParquetError('PARQUET_UNSUPPORTED', `Its columns cannot be cut out: ${what}.`)
  if (footer.fields.has(ids.file.encryption)) throw unsupported('some are encrypted')
  // Its writer does not count the heads of dictionary pages among a chunk's bytes.
  if (/^parquet-mr version 1\.[0-2]\./.test(createdBy ?? '')) throw unsupported('their sizes are not exact')
  for (const group of footer.structs(ids.file.rowGroups))
    for (const chunk of group.structs(ids.rowGroup.columns)) {
      if (chunk.fields.has(ids.chunk.file)) throw unsupported('some lie in another file')
      if (chunk.fields.has(ids.chunk.encryption)) throw unsupported('some are encrypted')
    }
}
