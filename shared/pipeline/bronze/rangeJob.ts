import { canStop, type Stream } from '../../contract/index.js'
import type { DataFileLayout } from '../../delta/index.js'
import {
  type OffsetRange,
  type PartitionOffsets,
  recordBytes,
  type Source,
  SourceError,
  type SourceRecord,
  type ValueFormats,
  valuesOf,
} from '../../sources/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { HeldBytes } from '../lake/index.js'
import type { Stretch } from './coverage.js'
import { encodeCoverage, encodedRange, type EncodedRows, writeRows } from './encode.js'
import { GatheredRecords, isPacked, type RecordPart, type Records } from './gatheredRecords.js'
import { readRangeParts } from './rangeParts.js'
import type { Ingestion } from './validateRecord.js'

/** One piece of work for a worker: read from `range.start`, stop at its end or at a bound, encode and upload. */
export interface RangeJob extends Ingestion {
  readonly generation: number
  readonly range: OffsetRange
  /** The partition's log as looked up when the run began. */
  readonly log: PartitionOffsets | undefined
  readonly layout: DataFileLayout
  /** Where the job may stop, at the end of a fetch. */
  readonly maxRows: number
  /** What it never exceeds, even inside a fetch. */
  readonly rowLimit: number
  /** Of keys, values and headers, unless the first record has more; what bounds the memory of a worker. */
  readonly maxBytes: number
}

/** What a range job reads with, and where it writes. */
export interface RangeJobParts {
  readonly source: Source
  readonly formats: ValueFormats
  /** The table's folder. */
  readonly store: ObjectStore
}

/**
 * Reads and encodes one stretch of one partition. The result covers the range from its start to
 * `ranges[0].position`, which may lie before the range's end.
 *
 * @param held the job's `maxBytes` of a budget; grows when its only record has more
 */
export async function runRangeJob(
  { source, formats, store }: RangeJobParts,
  stream: Stream,
  job: RangeJob,
  held?: HeldBytes,
): Promise<EncodedRows> {
  if (isReadOnce(stream, job)) {
    const { RowsOfRecords } = await import('./rowsOfRecords.js')
    const rows = new RowsOfRecords(stream, job)
    const stretch = await readStretch(source, stream.topic, job, rows, held)
    return await writeRows(store, job, rows.sorted, [encodedRange(stretch, rows.kinds)])
  }
  const coverage = await readStretch(source, stream.topic, job, new GatheredRecords(), held)
  const readable = await formats.readable(stream, valuesOf(coverage.records))
  if (!canStop(stream.actions)) return await encodeCoverage(store, job.layout, readable, [coverage], job)
  const { passableCoverage } = await import('./brokenExpectation.js')
  const passable = passableCoverage(readable, { ...coverage, records: [...coverage.records] }, job)
  // What was read before it stands; the next job meets it first.
  if (passable.coverage === undefined && passable.failure !== undefined) throw passable.failure
  return await encodeCoverage(store, job.layout, readable, [passable.coverage ?? coverage], job)
}

/** Whether a record is done with once its row is made: then the records of a job are never in memory together. */
function isReadOnce(stream: Stream, { followsSources }: RangeJob): boolean {
  return stream.format === 'json' && !canStop(stream.actions) && followsSources !== true
}

/** Takes the records that a job may have, in order. */
interface RecordSink extends Pick<Records, 'length'> {
  /** Adds the first `count` of some records. */
  add(records: RecordPart['records'], count: number): void
}

/** Reads as far as the job may go. What is returned has the sink for its records. */
async function readStretch<S extends RecordSink>(
  source: Source,
  topic: string,
  job: RangeJob,
  records: S,
  held: HeldBytes | undefined,
): Promise<Omit<Stretch, 'records'> & { readonly records: S }> {
  const { partition, start } = job.range
  const missing: OffsetRange[] = []
  let position = start
  let holes = 0n
  let bytes = 0
  try {
    await readParts()
  } catch (error) {
    // What was read before it stands; the next job meets the fault first.
    if (!(error instanceof SourceError) || position === start) throw error
  }
  return covering(position)

  async function readParts(): Promise<void> {
    for await (const part of readRangeParts(source, topic, job.range, job.log, { wantedBytes: job.maxBytes })) {
      if (part.kind === 'missing') {
        missing.push(part.range)
        position = part.range.end
        continue
      }
      const bytesBefore = bytes
      const some = part.batch.packed ?? part.batch.records
      const fitting = countWithin(some)
      records.add(some, fitting)
      if (fitting < some.length) {
        const cut = offsetOf(some, fitting)
        // Where in the stretch its holes lie is not known: before the cut they are what its records leave.
        holes += cut - part.from - BigInt(fitting)
        position = cut
        return
      }
      position = part.batch.position
      holes += part.batch.holes
      // A part like the last one would be read in vain.
      if (records.length >= job.maxRows || bytes + (bytes - bytesBefore) > job.maxBytes) break
    }
  }

  /** How many of the records are within the job's limits, whose bytes are counted. */
  function countWithin(some: RecordPart['records']): number {
    const room = Math.min(some.length, job.rowLimit - records.length)
    for (let n = 0; n < room; n++) {
      const size = sizeOf(some, n)
      const isFirst = records.length + n === 0
      if (isFirst) held?.grow(Math.max(0, size - job.maxBytes))
      else if (bytes + size > job.maxBytes) return n
      bytes += size
    }
    return room
  }

  function covering(end: bigint) {
    const { generation } = job
    return {
      partition,
      generation,
      from: start,
      position: end,
      records,
      missing,
      holes,
      received: records.length,
      redelivered: 0,
      repaired: 0,
    }
  }
}

function sizeOf(records: RecordPart['records'], n: number): number {
  return isPacked(records) ? records.sizeAt(n) : recordBytes(records[n] as SourceRecord)
}

function offsetOf(records: RecordPart['records'], n: number): bigint {
  return isPacked(records) ? records.offsetAt(n) : (records[n] as SourceRecord).offset
}
