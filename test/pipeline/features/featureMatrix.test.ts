import { describe, expect, test } from 'vitest'

import type { Feature } from '../../../shared/models/index.js'
import { FeatureMatrix } from '../../../shared/pipeline/features/featureMatrix.js'

const features: readonly Feature[] = [
  { column: 'value', kind: 'numeric' },
  { column: 'type', kind: 'category', categories: ['a', 'b'] },
  { column: 'other', kind: 'numeric' },
]

describe('the matrix of features', () => {
  test('a null number is no number, not 0: a row without a value gets no score, not that of 0', () => {
    const matrix = new FeatureMatrix(features, 2)
    matrix.add({ f0: null, f1: 1, f2: 7 })
    matrix.add({ f0: 0, f1: null, f2: null })
    expect([...matrix.filled()]).toEqual([NaN, 1, 0, 7, 0, 0, 0, NaN])
  })

  test('what a float cannot hold is the greatest that it can', () => {
    const matrix = new FeatureMatrix(features, 1)
    matrix.add({ f0: 1e300, f1: 2, f2: -1e300 })
    const greatest = 3.4028234663852886e38
    expect([...matrix.filled()]).toEqual([greatest, 0, 1, -greatest])
  })

  test('a batch does not see the categories of the one before it', () => {
    const matrix = new FeatureMatrix(features, 1)
    matrix.add({ f0: 1, f1: 1, f2: 1 })
    matrix.clear()
    matrix.add({ f0: 2, f1: 2, f2: 2 })
    expect([matrix.rows, ...matrix.filled()]).toEqual([1, 2, 0, 1, 2])
  })
})
