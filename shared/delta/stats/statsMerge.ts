import { compareValues, type Value } from '../../types/index.js'
import type { ColumnStats, FileStats } from './stats.js'

/** The exact statistics of rows from the exact statistics of two parts of them. */
export function mergeStats(a: FileStats, b: FileStats): FileStats {
  if (a.numRecords === 0n) return b
  if (b.numRecords === 0n) return a
  const columns = new Map<string, ColumnStats>()
  for (const [key, left] of a.columns) {
    const right = b.columns.get(key)
    if (right !== undefined) columns.set(key, mergeColumn(left, right))
  }
  return { numRecords: a.numRecords + b.numRecords, columns }
}

function mergeColumn(a: ColumnStats, b: ColumnStats): ColumnStats {
  return {
    min: outer(a.min, b.min, -1),
    max: outer(a.max, b.max, 1),
    nullCount: a.nullCount === undefined || b.nullCount === undefined ? undefined : a.nullCount + b.nullCount,
  }
}

/** A part without a bound has nothing but nulls: the other's holds for both. */
function outer(a: Value | undefined, b: Value | undefined, side: 1 | -1): Value | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  return (compareValues(b, a) ?? 0) * side > 0 ? b : a
}
