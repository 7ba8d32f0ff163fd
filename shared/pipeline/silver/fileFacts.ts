import type { AddFile } from '../../delta/actions.js'
import { type ColumnStats, type FileStats, parseStats } from '../../delta/stats.js'
import { statsColumns, type TableShape } from '../../delta/statsColumns.js'
import { compareValues } from '../../delta/valueOrder.js'
import type { Value } from '../../parquet/dataType.js'

/** A row takes at least about this many bytes; for files whose statistics are silent. */
const leastBytesPerRow = 16

/** Least and greatest value, both inclusive. */
export interface Range<T extends Value = Value> {
  readonly least: T
  readonly greatest: T
}

/** What the statistics of a table's files say without opening them, of the columns named. Pure; no I/O. */
export class FileFacts {
  readonly #columns
  readonly #known = new WeakMap<AddFile, FileStats>()

  constructor(table: TableShape, columns: readonly string[]) {
    this.#columns = statsColumns(table).filter(column => columns.includes(column.key))
  }

  /** How many rows the file holds; a guess, rather too many, when it does not say. */
  rows(file: AddFile): number {
    const stats = this.#stats(file)
    return stats === undefined ? Math.ceil(file.size / leastBytesPerRow) : Number(stats.numRecords)
  }

  /** Whether the column is null in every row, for certain. */
  isAllNull(file: AddFile, column: string): boolean {
    const nulls = this.#column(file, column)?.nullCount
    return nulls !== undefined && nulls === this.#stats(file)?.numRecords
  }

  /** A bound on the column's values; undefined when the file does not say. */
  range(file: AddFile, column: string): Range | undefined {
    const { min, max } = this.#column(file, column) ?? {}
    return min === undefined || max === undefined ? undefined : { least: min, greatest: max }
  }

  /** The same for a timestamp column, microseconds. Statistics cut times to milliseconds; this range does not. */
  timeRange(file: AddFile, column: string): Range<bigint> | undefined {
    const range = this.range(file, column)
    if (typeof range?.least !== 'bigint' || typeof range.greatest !== 'bigint') return undefined
    return { least: range.least, greatest: range.greatest + 999n }
  }

  #column(file: AddFile, column: string): ColumnStats | undefined {
    return this.#stats(file)?.columns.get(column)
  }

  #stats(file: AddFile): FileStats | undefined {
    if (file.stats === undefined) return undefined
    let stats = this.#known.get(file)
    if (stats === undefined) this.#known.set(file, (stats = parseStats(file.stats, this.#columns)))
    return stats
  }
}

/** False only when no value can lie in both. */
export function mayOverlap(a: Range | undefined, b: Range | undefined): boolean {
  if (a === undefined || b === undefined) return true
  return !(isLess(a.greatest, b.least) || isLess(b.greatest, a.least))
}

function isLess(a: Value, b: Value): boolean {
  const order = compareValues(a, b)
  return order !== undefined && order < 0
}
