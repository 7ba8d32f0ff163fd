import { expect, test } from 'vitest'

import { growCandidate } from '../../../shared/pipeline/training/candidate.js'
import { Random, seedNote, testSeed } from '../../random.js'

test('the threshold is what one usual held-out row in a hundred exceeds, however many anomalies are injected', () => {
  const random = new Random()
  const numbers = (rows: number) => ({
    values: Float32Array.from({ length: rows }, () => random.next() + random.next() + random.next()),
    width: 1,
    rows,
  })
  const heldOut = numbers(3_000)
  const anomalies = Uint8Array.from({ length: 3_000 }, (_, row) => (row % 3 === 0 ? 1 : 0))
  for (const row of anomalies.keys()) if (anomalies[row] === 1) heldOut.values[row] = 20 + row
  const features = [{ column: 'value', kind: 'numeric' as const }]
  const options = { trees: 50, sampleSize: 256, seed: testSeed }
  const { scores, threshold, reference } = growCandidate(features, numbers(4_000), heldOut, anomalies, options)
  const above = [...scores.keys()].filter(row => anomalies[row] === 0 && (scores[row] as number) > threshold)
  expect(above.length, seedNote).toBeLessThanOrEqual(20)
  expect(above.length, seedNote).toBeGreaterThan(5)
  expect(reference.columns.map(column => column.name)).toEqual(['value', 'score'])
  const counted = reference.columns.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))
  expect(counted).toEqual([4_000, 2_000])
})
