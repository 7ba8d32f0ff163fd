import type { Stream } from '../../contract/index.js'
import type { SourceRecord } from '../../sources/index.js'
import { GatheredRecords, isPacked, recordAt, type RecordPart, type Records } from './gatheredRecords.js'
import type { RangeJob } from './rangeJob.js'
import { noKinds, type RowKinds, SortedRows } from './sortedRows.js'

/**
 * Records of one partition as rows, made of each part as it comes: what a source gave is let go of before the next part
 * is there. Of the records themselves only the last one is kept.
 */
export class RowsOfRecords implements Pick<Records, 'length' | 'at'> {
  readonly #stream: Stream
  readonly #job: RangeJob
  #sorted: SortedRows | undefined
  readonly #kinds = noKinds()
  #length = 0
  #last: SourceRecord | undefined

  constructor(stream: Stream, job: RangeJob) {
    this.#stream = stream
    this.#job = job
  }

  get length(): number {
    return this.#length
  }

  get sorted(): SortedRows {
    return (this.#sorted ??= new SortedRows(this.#stream, this.#job, { rows: 0, bytes: 0 }))
  }

  get kinds(): RowKinds {
    return this.#kinds
  }

  /** The last record alone is known. */
  at(place: number): SourceRecord | undefined {
    return place === -1 || place === this.#length - 1 ? this.#last : undefined
  }

  /** Takes the first `count` of some records. */
  add(records: RecordPart['records'], count: number): void {
    if (count === 0) return
    const sorted = (this.#sorted ??= new SortedRows(this.#stream, this.#job, expectedOf(this.#job, records)))
    const part = new GatheredRecords()
    part.add(records, count)
    const { generation, range } = this.#job
    sorted.sort({ records: part, generation, partition: range.partition }, this.#kinds)
    this.#length += count
    this.#last = recordAt(records, count - 1)
  }
}

/** All that the job may have, if all of its records are like those of the first part. */
function expectedOf({ range, maxRows, maxBytes }: RangeJob, records: RecordPart['records']) {
  const rows = Math.min(maxRows + records.length, Number(range.end - range.start))
  const bytes = isPacked(records) ? Math.min(maxBytes, Math.ceil((records.bytes / records.length) * rows)) : 0
  return { rows, bytes }
}
