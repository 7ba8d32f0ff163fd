import {
  isExcluded,
  type RejectionCode,
  rejectionCodes,
  type Stream,
  UndeclaredCounter,
  type UndeclaredFields,
} from '../../contract/index.js'
import { JsonScanner } from '../../contract/scanning/index.js'
import type { PackedRecords, SourceRecord } from '../../sources/index.js'
import { BronzeColumns } from './bronzeColumns.js'
import type { Stretch } from './coverage.js'
import { GatheredRecords, isPacked } from './gatheredRecords.js'
import { kafkaTimestamp } from './kafkaTimestamp.js'
import { type Ingestion, validateRecord } from './validateRecord.js'

/** Remarks on rows that are taken as they are, as a closed list. */
export const noticeCodes = [
  /** Kafka's timestamp is outside the years 1 to 9999; the row has none. */
  'TIMESTAMP_OUT_OF_RANGE',
] as const

/** As a commit's `lake.bronze.notices` names it. */
export type NoticeCode = (typeof noticeCodes)[number]

/** Records that are not simply valid, by what they are. */
export interface RowKinds {
  readonly quarantined: number
  readonly tombstones: number
  /** Left out on purpose, by an expectation that says so and by the contract's `where`. */
  readonly dropped: number
  readonly filtered: number
  /** Of keys that were erased before: of these only the place is kept. */
  readonly erased: number
}

/** What was counted of rows besides their kinds. */
export interface RowCounts {
  /** Quarantined records by code, every code, zeros too. */
  readonly rejections: Readonly<Record<RejectionCode, number>>
  /** By expectation how many records do not fulfil it, every declared one, zeros too. */
  readonly failedExpectations: Readonly<Record<string, number>>
  /** Notices by code, every code, zeros too. */
  readonly notices: Readonly<Record<NoticeCode, number>>
  /** Fields that records have and the contract lacks. */
  readonly undeclared: UndeclaredFields
}

const excludedKinds = { EXPECTATION_DROPPED: 'dropped', FILTERED: 'filtered', ERASED: 'erased' } as const

/** Records as rows of the two files they go to, counted by what became of them. */
export class SortedRows {
  /** Valid rows and tombstones. */
  readonly good: BronzeColumns
  /** Rows with errors. */
  readonly bad: BronzeColumns
  readonly #stream: Stream
  readonly #ingestion: Ingestion
  readonly #scanner: JsonScanner | undefined
  readonly #rejections: Record<RejectionCode, number>
  readonly #failedExpectations: Record<string, number>
  readonly #notices: Record<NoticeCode, number> = { TIMESTAMP_OUT_OF_RANGE: 0 }
  readonly #undeclared: UndeclaredCounter

  /** @param expected how many records will be sorted, about, and the bytes of those that are packed */
  constructor(stream: Stream, ingestion: Ingestion, expected: { readonly rows: number; readonly bytes: number }) {
    const ingestedAt = BigInt(ingestion.ingestedAt) * 1000n
    this.good = new BronzeColumns(stream, ingestedAt, expected)
    this.bad = new BronzeColumns(stream, ingestedAt, { rows: 0, bytes: 0 })
    this.#stream = stream
    this.#ingestion = ingestion
    this.#scanner = scannerOf(stream)
    this.#rejections = Object.fromEntries(rejectionCodes.map(code => [code, 0])) as Record<RejectionCode, number>
    this.#failedExpectations = Object.fromEntries(stream.expectations.map(name => [name, 0]))
    this.#undeclared = new UndeclaredCounter(stream.fields)
  }

  get counts(): RowCounts {
    return {
      rejections: this.#rejections,
      failedExpectations: this.#failedExpectations,
      notices: this.#notices,
      undeclared: this.#undeclared.counts,
    }
  }

  /**
   * Takes the records of one stretch, or of a part of it.
   *
   * @param kinds of the stretch's parts before
   */
  sort(
    { records, generation, partition }: Pick<Stretch, 'records' | 'generation' | 'partition'>,
    kinds = noKinds(),
  ): RowKinds {
    const scanner = this.#ingestion.erased?.has(partition) === true ? undefined : this.#scanner
    if (!(records instanceof GatheredRecords) || scanner === undefined) {
      for (const record of records) this.#take(record, generation, kinds)
      return kinds
    }
    for (const { records: some, count } of records.parts) {
      for (let n = 0; n < count; n++) {
        if (!isPacked(some)) this.#take(some[n] as SourceRecord, generation, kinds)
        else if (!this.#takeScanned(some, n, generation, scanner)) this.#take(some.record(n), generation, kinds)
      }
    }
    return kinds
  }

  /** @returns false, having taken nothing, for a record that is more than a short key and a valid value */
  #takeScanned(records: PackedRecords, n: number, generation: number, scanner: JsonScanner): boolean {
    const { maxRawBytes, ingestedAt } = this.#ingestion
    const length = records.valueLength(n)
    if (length < 0 || length > maxRawBytes || records.keyLength(n) > maxRawBytes || !records.isPlain(n)) return false
    const timestamp = kafkaTimestamp({ timestamp: records.timestampAt(n) })
    if (timestamp === undefined) return false
    const at = records.valueAt(n)
    if (!scanner.scan(records.bodyOf(n), at, at + length, timestamp, ingestedAt)) return false
    this.good.pushScanned(records, n, generation, scanner)
    return true
  }

  #take(whole: SourceRecord, generation: number, kinds: ReturnType<typeof noKinds>): void {
    const { record, timestamp, outcome } = validateRecord(this.#stream, whole, this.#ingestion, this.#undeclared)
    if (timestamp === undefined) this.#notices.TIMESTAMP_OUT_OF_RANGE++
    for (const name of outcome?.warnings ?? []) this.#countFailed(name)
    if (outcome?.valid !== false) {
      if (outcome === undefined) kinds.tombstones++
      this.good.push(record, generation, outcome)
      return
    }
    const { code, path } = outcome.rejection
    if (isExcluded(code)) kinds[excludedKinds[code]]++
    else {
      kinds.quarantined++
      this.#rejections[code]++
    }
    if (code === 'EXPECTATION_FAILED' || code === 'EXPECTATION_DROPPED') this.#countFailed(path)
    this.bad.push(record, generation, outcome)
  }

  #countFailed(name: string): void {
    this.#failedExpectations[name] = (this.#failedExpectations[name] ?? 0) + 1
  }
}

/** No records yet. */
export function noKinds(): { -readonly [Kind in keyof RowKinds]: number } {
  return { quarantined: 0, tombstones: 0, dropped: 0, filtered: 0, erased: 0 }
}

const scanners = new WeakMap<Stream, JsonScanner | undefined>()

/** Made once for a stream: it learns in which order producers write the fields. */
function scannerOf(stream: Stream): JsonScanner | undefined {
  if (!scanners.has(stream)) scanners.set(stream, JsonScanner.of(stream))
  return scanners.get(stream)
}
