import type { StructField } from '../../types/index.js'
import type { StoredData } from './utf8Column.js'

/** Binary values one behind the other, for callers that have their bytes already: no object for each. */
export class BinaryColumn {
  /**
   * @param bytes the values, concatenated; what is behind the last is not of them
   * @param ends where each ends; a null is empty
   * @param present 0 for each that is null; absent when none is
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly ends: Int32Array,
    readonly present: Uint8Array | undefined,
  ) {}

  get length(): number {
    return this.ends.length
  }

  /** Where the value at `row` begins in the bytes. */
  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number)
  }

  /** The value at `row` as a view, null where there is none. */
  value(row: number): Uint8Array | null {
    return this.present?.[row] === 0 ? null : this.bytes.subarray(this.start(row), this.ends[row])
  }

  nullCount(): number {
    let nulls = 0
    if (this.present !== undefined) for (const there of this.present) nulls += 1 - there
    return nulls
  }

  /** The values without the nulls. */
  withoutNulls(): BinaryColumn {
    const { present } = this
    if (present === undefined) return this
    return new BinaryColumn(
      this.bytes,
      this.ends.filter((_, i) => present[i] === 1),
      undefined,
    )
  }

  slice(from: number, to = this.length): BinaryColumn {
    const base = this.start(from)
    const ends = this.ends.slice(from, to)
    for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] as number) - base
    return new BinaryColumn(this.bytes.subarray(base), ends, this.present?.slice(from, to))
  }

  /** Whether every value is the same as the first. */
  isConstant(): boolean {
    const { bytes, ends } = this
    const size = ends[0] ?? 0
    // The last one first: in most columns that vary it differs.
    const last = ends.length - 1
    if ((ends[last] ?? 0) - this.start(last) !== size) return false
    const first = bytes.subarray(0, size)
    const is = (row: number) => {
      const from = this.start(row)
      const to = ends[row] as number
      return to - from === size && Buffer.compare(bytes.subarray(from, to), first) === 0
    }
    if (!is(last)) return false
    for (let row = 1; row < last; row++) if (!is(row)) return false
    return true
  }
}

/** A column's values as a file can be written from them. */
export type WrittenData = StoredData | BinaryColumn

/** A column to write; `data` has an entry for each row, null where there is no value. */
export interface WrittenColumn {
  readonly field: StructField
  readonly data: WrittenData
}
