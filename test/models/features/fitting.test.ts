import { describe, expect, test } from 'vitest'

import { category, type NamedFeature, numeric, rate } from '../../../shared/contract/index.js'
import { featureNames, featureWidth } from '../../../shared/models/features/feature.js'
import { countedColumns, fitFeatures } from '../../../shared/models/features/fitting.js'

const specs: readonly NamedFeature[] = [
  { name: 'amount', ...numeric('value') },
  { name: 'kind', ...category('type', { most: 2 }) },
  { name: 'kind_rate', ...rate('type') },
]

describe('fitted features', () => {
  test('do not depend on the order in which the counts come', () => {
    const counts = [
      ['b', 2],
      ['a', 2],
      ['c', 5],
    ] as const
    const fit = (entries: Iterable<readonly [string, number]>) =>
      fitFeatures(specs, new Map([['type', new Map(entries)]]), 10)
    expect(fit(counts)).toEqual(fit(counts.toReversed()))
    expect(fit(counts)).toEqual([
      { name: 'amount', column: 'value', kind: 'numeric' },
      { name: 'kind', column: 'type', kind: 'category', categories: ['c', 'a'] },
      { name: 'kind_rate', column: 'type', kind: 'rate', categories: ['c', 'a', 'b'], rates: [0.5, 0.2, 0.2] },
    ])
  })

  test('of no rows and of all nulls have no categories, and no rate that is no number', () => {
    for (const rows of [0, 3]) {
      const fitted = fitFeatures(specs, new Map(), rows)
      expect(featureNames(fitted)).toEqual(['amount', 'kind_rate'])
      expect(featureWidth(fitted)).toBe(2)
    }
  })

  test('name a column once that several are made of', () => {
    expect(countedColumns(specs)).toEqual(['type'])
  })
})

test('a feature of a model that was made before features had names is called as its column', () => {
  expect(
    featureNames([
      { column: 'value', kind: 'numeric' },
      { column: 'type', kind: 'category', categories: ['a=b', ''] },
    ]),
  ).toEqual(['value', 'type=a=b', 'type='])
})
