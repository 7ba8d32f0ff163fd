import { type ParseOutcome, type RejectionCode, rejectionCodes, type Stream } from '../../contract/index.js'
import { type AddFile, type DataFileLayout, writeDataFile } from '../../delta/index.js'
import { asError } from '../../errors.js'
import type { OffsetRange, SourceRecord } from '../../sources/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { boundedRecord } from './boundedRecord.js'
import { BronzeRows } from './bronzeRows.js'
import { type Coverage, missingOffsets } from './coverage.js'
import { recordDigest } from './digest.js'
import { kafkaTimestamp } from './kafkaTimestamp.js'
import type { Witness } from './progress.js'

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
  readonly tail: bigint
  /** The last record of the stretch, if it has any. */
  readonly last: Witness | undefined
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
  /** Rejections by code, every code, zeros too. */
  readonly rejections: Readonly<Record<RejectionCode, number>>
  /** Failures by expectation, every declared one, zeros too. */
  readonly failedExpectations: Readonly<Record<string, number>>
  /** Notices by code, every code, zeros too. */
  readonly notices: Readonly<Record<NoticeCode, number>>
}

/** What an ingestion says of all its rows. */
export interface Ingestion {
  /** Milliseconds. */
  readonly ingestedAt: number
  /** Of a key, a value or headers that a row keeps: longer ones are kept as their digest. */
  readonly maxRawBytes: number
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
  { ingestedAt, maxRawBytes }: Ingestion,
): Promise<EncodedRows> {
  const good = new BronzeRows(stream, BigInt(ingestedAt) * 1000n)
  const bad = new BronzeRows(stream, BigInt(ingestedAt) * 1000n)
  const rejections = Object.fromEntries(rejectionCodes.map(code => [code, 0])) as Record<RejectionCode, number>
  const failedExpectations = Object.fromEntries(stream.expectations.map(name => [name, 0]))
  const notices: Record<NoticeCode, number> = { TIMESTAMP_OUT_OF_RANGE: 0 }
  const ranges = coverages.map(coverage => {
    let quarantined = 0
    let tombstones = 0
    for (const whole of coverage.records) {
      const { record, rejection } = boundedRecord(whole, maxRawBytes)
      const timestamp = kafkaTimestamp(record)
      if (timestamp === undefined) notices.TIMESTAMP_OUT_OF_RANGE++
      if (record.value === null && rejection === undefined) {
        tombstones++
        good.push(record, coverage.generation, undefined)
        continue
      }
      const outcome =
        rejection === undefined ? judge(stream, record, timestamp, ingestedAt) : { valid: false as const, rejection }
      if (outcome.valid) {
        good.push(record, coverage.generation, outcome)
        continue
      }
      quarantined++
      const { code, path } = outcome.rejection
      rejections[code]++
      if (code === 'EXPECTATION_FAILED') failedExpectations[path] = (failedExpectations[path] ?? 0) + 1
      bad.push(record, coverage.generation, outcome)
    }
    return encodedRange(coverage, quarantined, tombstones)
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
  }
}

/** What the contract says; where it throws, that is what it says. */
function judge(
  stream: Stream,
  { value }: SourceRecord,
  timestamp: number | undefined,
  ingestedAt: number,
): ParseOutcome {
  try {
    return stream.parse(value ?? new Uint8Array(0), timestamp ?? null, ingestedAt)
  } catch (error) {
    return {
      valid: false,
      rejection: { code: 'NOT_DECODED', path: '', message: `the value cannot be judged: ${asError(error).message}` },
    }
  }
}

function encodedRange(coverage: Coverage, quarantined: number, tombstones: number): EncodedRange {
  const { partition, generation, from, position, records, missing, received, redelivered, repaired } = coverage
  const record = records.at(-1)
  const last = record && { offset: record.offset, digest: recordDigest(record) }
  return {
    partition,
    generation,
    from,
    position,
    tail: last?.offset === position - 1n ? last.digest : 0n,
    last,
    missing,
    counts: {
      received,
      redelivered,
      repaired,
      valid: records.length - quarantined - tombstones,
      quarantined,
      tombstones,
      missing: missingOffsets(coverage),
      holes: coverage.holes,
    },
  }
}
