import type { NamedFeature } from '../../contract/index.js'
import { compareStrings } from '../../types/index.js'
import type { Feature } from './feature.js'

/** How often each text of a column occurs in the training rows; null is left out. */
export type CategoryCounts = ReadonlyMap<string, number>

/** The columns whose texts must be counted before the features can be fitted. */
export function countedColumns(specs: readonly NamedFeature[]): readonly string[] {
  return [...new Set(specs.flatMap(({ kind, column }) => (kind === 'category' || kind === 'rate' ? [column] : [])))]
}

/**
 * Fits declared features to training rows: which categories there are, and how frequent. The same counts give the same
 * features, whatever order they come in.
 *
 * @param counts of every column that {@link countedColumns} names; a column that is missing counts as without texts
 * @param rows how many training rows there are, null or not
 */
export function fitFeatures(
  specs: readonly NamedFeature[],
  counts: ReadonlyMap<string, CategoryCounts>,
  rows: number,
): readonly Feature[] {
  return specs.map((spec): Feature => {
    const { name, column } = spec
    if (spec.kind !== 'category' && spec.kind !== 'rate') return { name, column, kind: spec.kind }
    const kept = mostFrequent(counts.get(column) ?? new Map<string, number>(), spec.most)
    const categories = kept.map(([category]) => category)
    return spec.kind === 'category'
      ? { name, column, kind: 'category', categories }
      : { name, column, kind: 'rate', categories, rates: kept.map(([, n]) => (rows === 0 ? 0 : n / rows)) }
  })
}

function mostFrequent(counts: CategoryCounts, most: number): readonly (readonly [string, number])[] {
  return [...counts].toSorted(([a, n], [b, m]) => m - n || compareStrings(a, b)).slice(0, most)
}
