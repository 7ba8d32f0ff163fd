import {
  isExcluded,
  type RejectionCode,
  rejectionCodes,
  type Stream,
  UndeclaredCounter,
  type UndeclaredFields,
} from '../../contract/index.js'
import { type AddFile, type DataFileLayout, writeDataFile } from '../../delta/index.js'
import type { OffsetRange } from '../../sources/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { TraceContext } from '../../telemetry/index.js'
import { BronzeRows } from './bronzeRows.js'
import { type Coverage, missingOffsets } from './coverage.js'
import { recordDigest } from './digest.js'
import type { LastRecord } from './progress.js'
import { recordContexts } from './recordContexts.js'
import { type Ingestion, validateRecord } from './validateRecord.js'

/** Remarks on rows that are taken as they are, as a closed list. */
export const noticeCodes = [
  /** Kafka's timestamp is outside the years 1 to 9999; the row has none. */
  'TIMESTAMP_OUT_OF_RANGE',
] as const

/** As a commit's `lake.bronze.notices` names it. */
export type NoticeCode = (typeof noticeCodes)[number]

/** What became of one stretch of one partition; the accounting identity is made of these. */
export interface RangeCounts {
  readonly received: number
  readonly redelivered: number
  readonly repaired: number
  readonly valid: number
  readonly quarantined: number
  readonly tombstones: number
  /** Left out on purpose, by an expectation that says so and by the contract's `where`. */
  readonly dropped: number
  readonly filtered: number
  /** Of keys that were erased before: of these only the place is kept. */
  readonly erased: number
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
export interface EncodedRows {
  readonly adds: readonly AddFile[]
  readonly ranges: readonly EncodedRange[]
  readonly rows: number
  /** Bytes of the files. */
  readonly bytes: number
  /** Quarantined records by code, every code, zeros too. */
  readonly rejections: Readonly<Record<RejectionCode, number>>
  /** By expectation how many records do not fulfil it, every declared one, zeros too. */
  readonly failedExpectations: Readonly<Record<string, number>>
  /** Notices by code, every code, zeros too. */
  readonly notices: Readonly<Record<NoticeCode, number>>
  /** Fields that records have and the contract lacks. */
  readonly undeclared: UndeclaredFields
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
  coverages: readonly Coverage[],
  ingestion: Ingestion,
): Promise<EncodedRows> {
  const { ingestedAt } = ingestion
  const good = new BronzeRows(stream, BigInt(ingestedAt) * 1000n)
  const bad = new BronzeRows(stream, BigInt(ingestedAt) * 1000n)
  const rejections = Object.fromEntries(rejectionCodes.map(code => [code, 0])) as Record<RejectionCode, number>
  const failedExpectations = Object.fromEntries(stream.expectations.map(name => [name, 0]))
  const notices: Record<NoticeCode, number> = { TIMESTAMP_OUT_OF_RANGE: 0 }
  const undeclared = new UndeclaredCounter(stream.fields)
  const ranges = coverages.map(coverage => {
    const kinds = { quarantined: 0, tombstones: 0, dropped: 0, filtered: 0, erased: 0 }
    for (const whole of coverage.records) {
      const { record, timestamp, outcome } = validateRecord(stream, whole, ingestion, undeclared)
      if (timestamp === undefined) notices.TIMESTAMP_OUT_OF_RANGE++
      for (const name of outcome?.warnings ?? []) failedExpectations[name] = (failedExpectations[name] ?? 0) + 1
      if (outcome?.valid !== false) {
        if (outcome === undefined) kinds.tombstones++
        good.push(record, coverage.generation, outcome)
        continue
      }
      const { code, path } = outcome.rejection
      if (isExcluded(code)) kinds[excludedKinds[code]]++
      else {
        kinds.quarantined++
        rejections[code]++
      }
      if (code === 'EXPECTATION_FAILED' || code === 'EXPECTATION_DROPPED')
        failedExpectations[path] = (failedExpectations[path] ?? 0) + 1
      bad.push(record, coverage.generation, outcome)
    }
    return encodedRange(coverage, kinds)
  })
  const partition = { _ingest_date: new Date(ingestedAt).toISOString().slice(0, 10) }
  const adds: AddFile[] = []
  for (const rows of [good, bad]) {
    if (rows.length > 0) adds.push(await writeDataFile(store, layout, rows.columns(), partition))
  }
  return {
    adds,
    ranges,
    rows: good.length + bad.length,
    bytes: adds.reduce((sum, add) => sum + add.size, 0),
    rejections,
    failedExpectations,
    notices,
    undeclared: undeclared.counts,
    links: ingestion.followsSources === true ? recordContexts(coverages) : [],
  }
}

type Kinds = Pick<RangeCounts, 'quarantined' | 'tombstones' | 'dropped' | 'filtered' | 'erased'>

const excludedKinds = { EXPECTATION_DROPPED: 'dropped', FILTERED: 'filtered', ERASED: 'erased' } as const

function encodedRange(coverage: Coverage, kinds: Kinds): EncodedRange {
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
      valid: Object.values(kinds).reduce((rest, n) => rest - n, records.length),
      ...kinds,
      missing: missingOffsets(coverage),
      holes: coverage.holes,
    },
  }
}
