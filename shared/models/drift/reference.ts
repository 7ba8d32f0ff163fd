import { partitionPoint } from '../../types/index.js'
import type { EventSpan } from './eventSpan.js'

/** The values of a column that a model was trained on, in as few numbers as a comparison needs. */
export type ColumnReference =
  /** Many values: bins with about as many rows each, and the distribution function. */
  | {
      readonly name: string
      readonly kind: 'numeric'
      /** Ascending; bin i holds the values ≤ edges[i] that no bin before it holds, and one more bin the rest. */
      readonly edges: readonly number[]
      readonly counts: readonly number[]
      /** Values that occur, ascending, and the share of rows that are ≤ each. */
      readonly ecdf: readonly (readonly [value: number, share: number])[]
    }
  /** Few values: each by itself. */
  | {
      readonly name: string
      readonly kind: 'discrete'
      readonly values: readonly number[]
      readonly counts: readonly number[]
    }

/** What `reference.json` in the folder of a version holds. */
export interface Reference {
  /** Rows that were counted. */
  readonly rows: number
  /** The columns of the features' matrix, and `score`. */
  readonly columns: readonly ColumnReference[]
  /** The event times of the rows; not known of versions that were trained before it was kept. */
  readonly span?: EventSpan | undefined
}

const maxBins = 10
const ecdfSteps = 100

/**
 * Sums a column up. NaN is left out.
 * @param values changed: sorted
 */
export function describeColumn(name: string, values: Float32Array): ColumnReference {
  values.sort()
  // NaN sorts last.
  let n = values.length
  while (n > 0 && Number.isNaN(values[n - 1])) n--
  const sorted = values.subarray(0, n)
  const distinct = firstDistinct(sorted, maxBins + 1)
  if (distinct.length <= maxBins) {
    const ends = distinct.map(value => countUpTo(sorted, value))
    return { name, kind: 'discrete', values: distinct, counts: differences(ends) }
  }
  const edges = quantiles(sorted, maxBins).slice(0, -1)
  const ends = [...edges.map(edge => countUpTo(sorted, edge)), n]
  const ecdf = quantiles(sorted, ecdfSteps).map(value => [value, countUpTo(sorted, value) / n] as const)
  return { name, kind: 'numeric', edges, counts: differences(ends), ecdf }
}

function firstDistinct(sorted: Float32Array, most: number): number[] {
  const distinct: number[] = []
  for (const value of sorted) {
    if (distinct.at(-1) === value) continue
    distinct.push(value)
    if (distinct.length === most) break
  }
  return distinct
}

/** The values at 1/parts, 2/parts … of the rows, each once. */
function quantiles(sorted: Float32Array, parts: number): readonly number[] {
  const found = Array.from(
    { length: parts },
    (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / parts) - 1] as number,
  )
  return [...new Set(found)]
}

/** How many values are ≤ that one. */
function countUpTo(sorted: ArrayLike<number>, value: number): number {
  return partitionPoint(sorted.length, i => (sorted[i] as number) <= value)
}

function differences(ends: readonly number[]): readonly number[] {
  return ends.map((end, i) => end - (ends[i - 1] ?? 0))
}
