import { recordBytes } from '../recordBytes.js'
import type { SourceBatch, SourceRecord } from '../source.js'
import { SourceError } from '../sourceError.js'
import { committedBatches } from './abortedTransactions.js'
import type { Fetched } from './rangeFetcher.js'
import type { BatchHeader } from './recordBatch.js'
import { type DecodeWindow, packRecords } from './recordDecoder.js'
import { RecordPack } from './recordPack.js'
import { streamRecords } from './recordStream.js'

// Compressed batches grow: a fetch is passed on in several, so that memory is bounded by what they come to.
const recordsPerBatch = 20_000
const bytesPerBatch = 16 * 2 ** 20

/**
 * The committed records of one fetch, cut at batch borders, and inside large batches; the last one reaches to
 * `position`.
 * @throws SourceError SOURCE_CORRUPT for damaged bytes, SOURCE_CODEC_MISSING when nothing here can decompress them
 */
export async function* sourceBatchesOf(
  { response, headers }: Fetched,
  window: DecodeWindow,
  position: bigint,
): AsyncGenerator<SourceBatch> {
  const { partition, start, end } = window
  const committed = new Set(committedBatches(response.records, headers, response.aborted))
  const { topic } = window
  let records = new RecordPack(topic, partition)
  let holes = 0n
  let next = start
  let yielded = start
  for (const header of headers) {
    if (header.lastOffset < start || header.baseOffset >= end) continue
    const known = records.length
    const from = larger(next, header.baseOffset)
    const to = smaller(header.lastOffset + 1n, end)
    let isWhole: boolean
    try {
      isWhole = !committed.has(header) || packRecords(response.records, header, window, records)
    } catch (error) {
      // What lies before the damage is whole: it goes on, and the next read begins with the damage.
      records.truncate(known)
      if (error instanceof SourceError && next > yielded) yield batchOf(records, next, holes)
      throw error
    }
    // Between batches lies what compaction took whole.
    holes += from - next
    if (!isWhole) {
      if (from > yielded) yield batchOf(records, from, holes)
      yield* largeBatch(response.records, header, window, from, to)
      records = new RecordPack(topic, partition)
      holes = 0n
      next = to
      yielded = to
      continue
    }
    holes += to - from - BigInt(committed.has(header) ? recordsBetween(header, from, to, records.length - known) : 0)
    next = to
    if ((records.length >= recordsPerBatch || records.bytes >= bytesPerBatch) && next < position) {
      yield batchOf(records, next, holes)
      yielded = next
      records = new RecordPack(topic, partition)
      holes = 0n
    }
  }
  if (yielded < position) yield batchOf(records, position, holes + position - next)
}

/** Objects are made of the records when somebody asks for them. */
function batchOf(packed: RecordPack, position: bigint, holes: bigint): SourceBatch {
  let records: readonly SourceRecord[] | undefined
  return {
    partition: packed.partition,
    packed,
    position,
    holes,
    get records() {
      return (records ??= [...packed])
    },
  }
}

/** A batch that is not decompressed in one piece, in stretches as any other. */
async function* largeBatch(
  bytes: Buffer,
  header: BatchHeader,
  window: DecodeWindow,
  from: bigint,
  to: bigint,
): AsyncGenerator<SourceBatch> {
  const { partition } = window
  let records: SourceRecord[] = []
  let size = 0
  let start = from
  for await (const record of streamRecords(bytes, header, window)) {
    if (size >= bytesPerBatch || records.length >= recordsPerBatch) {
      yield { partition, records, position: record.offset, holes: record.offset - start - BigInt(records.length) }
      start = record.offset
      records = []
      size = 0
    }
    records.push(record)
    size += recordBytes(record)
  }
  yield { partition, records, position: to, holes: to - start - BigInt(records.length) }
}

/** Records of a batch: by its header where all of it is wanted; which lie in a part of it only decoding shows. */
function recordsBetween(
  { baseOffset, lastOffset, recordCount }: BatchHeader,
  from: bigint,
  to: bigint,
  decoded: number,
): number {
  return from === baseOffset && to === lastOffset + 1n ? recordCount : decoded
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
