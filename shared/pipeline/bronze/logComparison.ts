import type { Stream } from '../../contract/index.js'
import {
  type OffsetRange,
  partitionMissing,
  type PartitionOffsets,
  type Source,
  SourceError,
  type SourceRecord,
} from '../../sources/index.js'
import type { Lake } from '../lake/index.js'
import { recordDigest } from './digest.js'
import { lastRecordOf, type PartitionProgress } from './progress.js'
import { compareStored } from './storedRecords.js'

/** `gone`: retention has passed all that bronze holds. */
export type LogComparison = 'same' | 'logEnd' | 'otherRecord' | 'nothingToCompare' | 'gone'

/** So many offsets between the last record and the covered offset are read in one go; else both ends apart. */
const closeBy = 64n
/** Windows of so many offsets below the covered one are searched for a record, each ten times as long as the one before. */
const firstWindow = 1_000n
/** Of a window, so many records are compared. */
const maxCompared = 200

/**
 * Compares what a partition's log has with what bronze holds of it: the last record ingested, and that no record stands
 * where bronze found none. Where that record is gone (compacted away), other records below the covered offset are
 * compared with bronze's own rows.
 *
 * @param isSameTopic whether an id says that it is the same topic: then a record that is gone needs no other one
 * @param holesUnproven whether a record may stand where bronze found none
 */
export async function compareLog(
  lake: Lake,
  stream: Stream,
  known: PartitionProgress,
  isSameTopic: boolean,
  holesUnproven = false,
): Promise<LogComparison> {
  const { source } = lake
  const { topic } = stream
  const { partition, covered, start, coveredDigest } = known
  const lastKnown = lastRecordOf(known)
  const from = lastKnown !== undefined && covered - lastKnown.offset < closeBy ? lastKnown.offset : covered
  const records = await recordsIn(source, topic, { partition, start: from, end: covered + 1n })
  if (records === 'logEnd' || records === 'gone') return records
  const atCovered = records.find(record => record.offset === covered)
  if (atCovered !== undefined && coveredDigest === 0n) {
    if (!holesUnproven) return 'otherRecord'
    lake.log.warn(
      'Bronze counts offsets as holes where the topic has records: a pause of the source was taken for the end. They are not in bronze.',
      {
        topic,
        partition,
        offset: covered,
      },
    )
  }
  let there = lastKnown && records.find(record => record.offset === lastKnown.offset)
  if (lastKnown !== undefined && from !== lastKnown.offset) {
    const { offset } = lastKnown
    const found = await recordsIn(source, topic, { partition, start: offset, end: offset + 1n })
    there = typeof found === 'string' ? undefined : found[0]
  }
  if (there !== undefined) return recordDigest(there) === lastKnown?.digest ? 'same' : 'otherRecord'
  if (isSameTopic) return 'nothingToCompare'
  return searchBack(lake, stream, known, start)
}

/** Compares the nearest records below the covered offset that exist in the topic with bronze's rows. */
async function searchBack(lake: Lake, stream: Stream, known: PartitionProgress, start: bigint): Promise<LogComparison> {
  const { source } = lake
  const { topic } = stream
  const { partition, covered } = known
  const log = await logOf(source, topic, partition)
  const lowest = log.start < start ? start : log.start
  let end = covered + 1n
  for (let length = firstWindow; end > lowest; length *= 10n) {
    const from = end - length < lowest ? lowest : end - length
    const records = await recordsIn(source, topic, { partition, start: from, end }, maxCompared)
    if (records === 'logEnd') return records
    if (records !== 'gone' && records.length > 0) {
      const compared = await compareStored(lake, stream, known, records)
      if (compared !== 'nothingToCompare') return compared
    }
    end = from
  }
  return 'nothingToCompare'
}

/**
 * The records of a range as the log has them now, the first `limit` of them.
 * @returns `gone` when the log begins beyond the range's start, `logEnd` when it ends before the range's end
 */
async function recordsIn(
  source: Source,
  topic: string,
  range: OffsetRange,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<readonly SourceRecord[] | 'gone' | 'logEnd'> {
  const { partition, start, end } = range
  const records: SourceRecord[] = []
  try {
    for await (const batch of source.read(topic, range)) {
      records.push(...batch.records)
      if (records.length >= limit) break
    }
    return records.slice(0, limit)
  } catch (error) {
    if (!(error instanceof SourceError && error.code === 'SOURCE_OUT_OF_RANGE')) throw error
    const log = await logOf(source, topic, partition)
    if (log.end < end) return 'logEnd'
    // The end was short when it was read, and is not any more: a leader was elected in between.
    if (log.start <= start)
      throw new SourceError(error.code, error.message, { cause: error, data: error.data, retryable: true })
    // Retention has passed the start; what is left may still be compared.
    return log.start >= end ? 'gone' : recordsIn(source, topic, { partition, start: log.start, end }, limit)
  }
}

async function logOf(source: Source, topic: string, partition: number): Promise<PartitionOffsets> {
  const { partitions, unavailable } = await source.survey(topic)
  const found = partitions.find(p => p.partition === partition)
  if (found !== undefined) return found
  throw unavailable.find(p => p.partition === partition)?.error ?? partitionMissing(topic, partition)
}
