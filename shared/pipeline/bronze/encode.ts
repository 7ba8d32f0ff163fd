import type { Stream } from '../../contract/index.js'
import { type DataFileLayout, writeDataFile } from '../../delta/dataFiles/index.js'
import type { AddFile } from '../../delta/index.js'
import type { OffsetRange } from '../../sources/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { TraceContext } from '../../telemetry/index.js'
import { missingOffsets, type Stretch } from './coverage.js'
import { recordDigest } from './digest.js'
import { GatheredRecords, type Records } from './gatheredRecords.js'
import type { LastRecord } from './progress.js'
import { recordContexts } from './recordContexts.js'
import type { RowCounts, RowKinds, SortedRows } from './sortedRows.js'
import type { Ingestion } from './validateRecord.js'

/** What became of one stretch of one partition; the accounting identity is made of these. */
export interface RangeCounts extends RowKinds {
  readonly received: number
  readonly redelivered: number
  readonly repaired: number
  readonly valid: number
  readonly missing: bigint
  readonly holes: bigint
}

/** A stretch of one partition whose rows lie in uploaded files: all that a commit still needs to know of it. */
export interface EncodedRange {
  readonly partition: number
  readonly generation: number
  readonly from: bigint
  readonly position: bigint
  /** Digest of the record at `position - 1`, 0 when there is none. */
  readonly coveredDigest: bigint
  /** The last record of the stretch, if it has any. */
  readonly last: LastRecord | undefined
  readonly missing: readonly OffsetRange[]
  readonly counts: RangeCounts
}

/** Uploaded, not committed: orphans (for vacuum to find) until a commit names them. */
export interface EncodedRows extends RowCounts {
  readonly adds: readonly AddFile[]
  readonly ranges: readonly EncodedRange[]
  readonly rows: number
  /** Bytes of the files. */
  readonly bytes: number
  /** Spans that the records come from; none where nobody asks for them. */
  readonly links: readonly TraceContext[]
}

/**
 * Validates the records of some coverage and uploads them as bronze files: one of valid rows and tombstones, one of
 * rows with errors, each only when it has rows. Called outside every retry loop.
 */
export async function encodeCoverage(
  store: ObjectStore,
  layout: DataFileLayout,
  stream: Stream,
  coverages: readonly Stretch[],
  ingestion: Ingestion,
): Promise<EncodedRows> {
  const { SortedRows } = await import('./sortedRows.js')
  const rows = new SortedRows(stream, ingestion, expectedOf(coverages))
  const ranges = coverages.map(coverage => encodedRange(coverage, rows.sort(coverage)))
  const links = ingestion.followsSources === true ? recordContexts(coverages) : []
  return { ...(await writeRows(store, { layout, ...ingestion }, rows, ranges)), links }
}

/** Uploads rows as {@link encodeCoverage} does; `ranges` says what they are of. */
export async function writeRows(
  store: ObjectStore,
  { layout, ingestedAt }: Pick<Ingestion, 'ingestedAt'> & { readonly layout: DataFileLayout },
  rows: SortedRows,
  ranges: readonly EncodedRange[],
): Promise<EncodedRows> {
  const partition = { _ingest_date: new Date(ingestedAt).toISOString().slice(0, 10) }
  const adds: AddFile[] = []
  for (const some of [rows.good, rows.bad]) {
    if (some.length > 0) adds.push(await writeDataFile(store, layout, some.columns(), partition))
  }
  return {
    adds,
    ranges,
    rows: rows.good.length + rows.bad.length,
    bytes: adds.reduce((sum, add) => sum + add.size, 0),
    ...rows.counts,
    links: [],
  }
}

/** A stretch of which only the number of its records and the last one are known. */
type ReadStretch = Omit<Stretch, 'records'> & { readonly records: Pick<Records, 'length' | 'at'> }

/** What a commit needs to know of a stretch whose records are rows now. */
export function encodedRange(coverage: ReadStretch, kinds: RowKinds): EncodedRange {
  const { partition, generation, from, position, records, missing, received, redelivered, repaired } = coverage
  const record = records.at(-1)
  const last = record && { offset: record.offset, digest: recordDigest(record) }
  return {
    partition,
    generation,
    from,
    position,
    coveredDigest: last?.offset === position - 1n ? last.digest : 0n,
    last,
    missing,
    counts: {
      received,
      redelivered,
      repaired,
      valid: records.length - notValid(kinds),
      ...kinds,
      missing: missingOffsets(coverage),
      holes: coverage.holes,
    },
  }
}

function expectedOf(coverages: readonly Pick<Stretch, 'records'>[]) {
  const sizes = coverages.map(({ records }) => (records instanceof GatheredRecords ? records.packedBytes : 0))
  return {
    rows: coverages.reduce((sum, { records }) => sum + records.length, 0),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  }
}

/** Records that are no valid events. */
function notValid({ quarantined, tombstones, dropped, filtered, erased }: RowKinds): number {
  return quarantined + tombstones + dropped + filtered + erased
}
