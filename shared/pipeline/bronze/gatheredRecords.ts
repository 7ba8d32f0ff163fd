import type { PackedRecords, SourceRecord } from '../../sources/index.js'

/** Records of one partition in offset order: an array of them, or parts as a source gave them. */
export interface Records extends Iterable<SourceRecord> {
  readonly length: number
  /** The record at a place, from the end where it is negative. */
  at(place: number): SourceRecord | undefined
}

/** The first `count` of some records. */
export interface RecordPart {
  readonly records: PackedRecords | readonly SourceRecord[]
  readonly count: number
}

/** Records as a source gave them, part by part, without an object for each where it gave none. */
export class GatheredRecords implements Records {
  readonly #parts: RecordPart[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  get parts(): readonly RecordPart[] {
    return this.#parts
  }

  /** Bytes of those that are packed. */
  get packedBytes(): number {
    return this.#parts.reduce((sum, { records }) => sum + (isPacked(records) ? records.bytes : 0), 0)
  }

  /** Adds the first `count` of some records. */
  add(records: RecordPart['records'], count: number): void {
    if (count === 0) return
    this.#parts.push({ records, count })
    this.#length += count
  }

  at(place: number): SourceRecord | undefined {
    let left = place < 0 ? place + this.#length : place
    for (const { records, count } of this.#parts) {
      if (left < count) return left < 0 ? undefined : recordAt(records, left)
      left -= count
    }
    return undefined
  }

  *[Symbol.iterator](): Generator<SourceRecord> {
    for (const { records, count } of this.#parts)
      for (let n = 0; n < count; n++) yield recordAt(records, n) as SourceRecord
  }
}

/** Whether a part has no objects. */
export function isPacked(records: RecordPart['records']): records is PackedRecords {
  return !Array.isArray(records)
}

/** The record at a place of a part. */
export function recordAt(records: RecordPart['records'], n: number): SourceRecord | undefined {
  return isPacked(records) ? records.record(n) : records[n]
}
