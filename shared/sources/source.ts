import type { SourceError } from './sourceError.js'

/** One record as the broker has it: exact bytes, nothing decoded. */
export interface SourceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /**
   * Kafka's timestamp, milliseconds since 1970. Any 64-bit number as its producer wrote it, so it may be no date at
   * all.
   */
  readonly timestamp: number
  readonly key: Uint8Array | null
  /** Null is a tombstone; an empty array is an empty value. */
  readonly value: Uint8Array | null
  /** In order, repeats kept. */
  readonly headers: readonly Header[]
  /** What of the record is not here as it was written; undefined for all but the oddest of records. */
  readonly defect?: RecordDefect | undefined
}

/** Why a record is not here as it was written; it takes its place in a batch all the same. */
export type RecordDefect =
  /** Its bytes cannot be parsed as key, value and headers: they are all in `value`. */
  | { readonly kind: 'damaged'; readonly size: number }
  /** Parts are longer than `maxPartBytes`: null (or no headers) here, and known by their length and digest. */
  | { readonly kind: 'oversized'; readonly parts: readonly OversizedPart[] }

/** A part of a record that was too long to be held in memory. */
export interface OversizedPart {
  readonly part: 'key' | 'value' | 'headers'
  /** Bytes; of headers as they stand in the log, lengths included. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** The longest key, value or headers that a source holds in memory: longer ones become a digest while they are read. */
export const maxPartBytes = 256 * 2 ** 20

/** A record's header: its key decoded as UTF-8, its value as bytes; null is no value, not an empty one. */
export type Header = readonly [key: string, value: Uint8Array | null]

/** A record to be written; the source chooses the partition by the key when none is given. */
export interface ProducedRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly Header[] | undefined
  readonly partition?: number | undefined
  /** Milliseconds since 1970; the producer's clock when absent. */
  readonly timestamp?: number | undefined
}

/** Where a partition's log begins and ends. */
export interface PartitionOffsets {
  readonly partition: number
  /** The lowest offset that still exists. */
  readonly start: bigint
  /** One past the last offset that a read_committed reader can pass. */
  readonly end: bigint
  /**
   * One past the last record written, those behind an open transaction too; never below `end`. Absent where the source
   * knows no transactions.
   */
  readonly highWatermark?: bigint | undefined
}

/** What a survey of a topic found: each partition is independent of the others. */
export interface TopicSurvey {
  /** By number. */
  readonly partitions: readonly PartitionOffsets[]
  /** Those that nobody serves at the moment, or that may not be read, with the reason. By number. */
  readonly unavailable: readonly UnavailablePartition[]
}

/** A partition that a survey got no offsets of, and why. */
export interface UnavailablePartition {
  readonly partition: number
  readonly error: SourceError
}

/** Offsets `start` (inclusive) to `end` (exclusive) of one partition. */
export interface OffsetRange {
  readonly partition: number
  readonly start: bigint
  readonly end: bigint
}

/**
 * Records of one partition as the bytes they arrived in, and where in them each has its key and value: no object for
 * each, which for most of them nobody needs.
 */
export interface PackedRecords extends Iterable<SourceRecord> {
  readonly partition: number
  readonly length: number
  /** Bytes of all keys, values and headers, and of one record's. */
  readonly bytes: number
  sizeAt(n: number): number
  /** A record as any other; its key and value are views on the bytes. */
  record(n: number): SourceRecord
  /** Whether a record is no more than its key and value. */
  isPlain(n: number): boolean
  offsetAt(n: number): bigint
  /** The offset as a number, where that is exact. */
  exactOffsetAt(n: number): number | undefined
  /** Kafka's, as `SourceRecord` has it. */
  timestampAt(n: number): number
  /** The bytes in which a plain record's key and value lie, where each begins, and how long it is: -1 is null. */
  bodyOf(n: number): Buffer
  keyAt(n: number): number
  keyLength(n: number): number
  valueAt(n: number): number
  valueLength(n: number): number
}

/** A stretch of a range, in offset order. */
export interface SourceBatch {
  readonly partition: number
  readonly records: readonly SourceRecord[]
  /** The same records without an object for each, from a source that has them so. */
  readonly packed?: PackedRecords | undefined
  /**
   * One past the last offset this stretch covers. Offsets in it that carry no record are natural holes: compacted
   * away, transaction markers, aborted. A range's batches cover it whole: the last one's `position` is its `end`.
   */
  readonly position: bigint
  /**
   * How many offsets of the stretch carry no record, counted from what the source shows of them (markers, aborted and
   * compacted batches) and never as what is left beside the records: that the two agree is what the monitor checks.
   */
  readonly holes: bigint
}

/** What shows whether a partition's log is still the one that was read before. */
export interface PartitionIdentity {
  readonly kind: 'known'
  /**
   * 128 bits that a topic shares with no topic that had its name before: Kafka's topic id, an event hub's time of
   * creation. Undefined where the source has none.
   */
  readonly topicId: bigint | undefined
  /** The leader epoch at present, which only rises while the topic lives. Undefined where the source has none. */
  readonly epoch: number | undefined
  /**
   * One past the last offset that the log holds of the epoch asked about and of those before it. Undefined when no
   * epoch was asked about, and when the log knows nothing of that epoch; left out, perhaps, when that epoch is the
   * present one.
   */
  readonly epochEnd: bigint | undefined
  /**
   * That no record was found at an offset proves nothing for this source: version 0.1.0 took its silence for a hole,
   * and a record may well stand there.
   */
  readonly holesUnproven?: boolean | undefined
}

/** What a source answers for one partition: its identity, or why there is none at the moment. */
export type Identified = PartitionIdentity | { readonly kind: 'failed'; readonly error: SourceError }

/** Options of a read beside its range; an aborted `signal` ends it with the signal's reason. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * How many bytes of the range will be taken, about: nothing is fetched ahead that would come to more. All when
   * absent.
   */
  readonly wantedBytes?: number | undefined
}

/** Where events come from. The only seam between the pipeline and Kafka or Event Hubs. */
export interface Source {
  /**
   * Every partition of the topic, by number.
   * @throws SourceError when one of them cannot be asked, or the topic does not exist
   */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>

  /**
   * The same with every partition independent of the others: one without a leader is named, and waited for no longer
   * than a leader takes to be elected.
   * @throws SourceError only where no partition can be asked
   */
  survey(topic: string): Promise<TopicSurvey>

  /**
   * The offset of the first record whose timestamp (ms) is at or after that one; the partition's end when there is
   * none.
   */
  offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint>

  /**
   * Reads exactly that range, as read_committed, from the first offset to the last covered one. The caller asks
   * `offsets` first and decides what is missing.
   * @throws SourceError SOURCE_OUT_OF_RANGE for a start below the log's start, or an end beyond the log's end
   */
  read(topic: string, range: OffsetRange, options?: ReadOptions): AsyncIterable<SourceBatch>

  /**
   * What identifies those partitions now. It is asked of the broker at every call, and of the partition's own leader
   * where there is one: an answer that was kept, or that comes from a broker that lags behind, misses a topic that was
   * deleted and created again.
   *
   * @param asked the partitions, each with the leader epoch whose end is wanted, if any
   * @returns an entry for every partition asked about
   */
  identify(topic: string, asked: ReadonlyMap<number, number | undefined>): Promise<ReadonlyMap<number, Identified>>

  /** Writes and waits until all replicas have it. */
  produce(topic: string, records: readonly ProducedRecord[]): Promise<void>

  close(): Promise<void>
}
