import { describe, expect, test } from 'vitest'

import type { IsolationForest } from '../../../shared/models/forest/isolationForest.js'
import { keyRanges, orderedKeys } from '../../../shared/models/forest/orderedKeys.js'
import { averagePathLength } from '../../../shared/models/forest/pathLength.js'
import { ForestWalk } from '../../../shared/models/forest/scoreForest.js'
import { trainForest } from '../../../shared/models/forest/trainForest.js'
import { Random, seedNote, testSeed } from '../../random.js'

/** What the walk must make of a row: down each tree by comparing floats. */
function plainScores(forest: IsolationForest, values: Float32Array, trees = forest.trees): Float32Array {
  const { features: width, depth, feature, threshold, pathLength, sampleSize } = forest
  const nodes = 2 ** depth - 1
  const scale = -1 / (trees * averagePathLength(sampleSize))
  return Float32Array.from({ length: values.length / width }, (_, row) => {
    const numbers = values.subarray(row * width, (row + 1) * width)
    let sum = numbers.some(Number.isNaN) ? NaN : 0
    for (let tree = 0; tree < trees; tree++) {
      let node = 0
      while (node < nodes) {
        const at = tree * nodes + node
        const isLeft = (numbers[feature[at] as number] as number) <= (threshold[at] as number)
        // Below a leaf every walk comes to the same end.
        node = 2 * node + (isLeft || threshold[at] === Infinity ? 1 : 2)
      }
      sum += pathLength[tree * (nodes + 1) + node - nodes] as number
    }
    return 2 ** (sum * scale)
  })
}

const most = 3.4028234663852886e38
const least = 1.401298464324817e-45
const edges = [0, -0, least, -least, 1, -1, 1e-20, -1e-20, most, -most, Infinity, -Infinity]

/** Numbers of every size and both signs; `finite` ones only are trained on. */
function anyFloats(count: number, random: Random, finite: boolean): Float32Array {
  const edgesToo = finite ? edges.filter(Number.isFinite) : [...edges, NaN]
  return Float32Array.from({ length: count }, () => {
    if (random.below(8) === 0) return random.pick(edgesToo)
    return (random.below(2) === 0 ? 1 : -1) * 10 ** (random.next() * 80 - 42)
  })
}

describe('rows that go down the trees together score as each alone', () => {
  test('whatever the sizes and signs of numbers and thresholds', () => {
    const random = new Random()
    const width = 3
    const forest = trainForest(
      { values: anyFloats(600 * width, random, true), width },
      { trees: 20, sampleSize: 200, seed: testSeed },
    )
    const ranges = keyRanges(width, forest.feature, orderedKeys(forest.threshold.slice()))
    expect(
      ranges.some(range => range?.isNarrow === false),
      seedNote,
    ).toBe(true)
    const split = forest.threshold.filter(Number.isFinite)
    const values = anyFloats(2_000 * width, random, false).map(value =>
      random.below(4) === 0 ? random.pick([...split]) : value,
    )
    expect(new ForestWalk(forest).score(values, 2_000), seedNote).toEqual(plainScores(forest, values))
  })

  test.each([
    ['more rows than go together', 4, 20_000],
    ['more columns than most', 3_000, 700],
    ['one row', 2, 1],
    ['no row', 2, 0],
  ])('%s', (_, width, rows) => {
    const random = new Random()
    const matrix = (count: number) => Float32Array.from({ length: count * width }, () => random.next() * 100 - 20)
    const forest = trainForest({ values: matrix(300), width }, { trees: 8, sampleSize: 128, seed: testSeed })
    const values = matrix(rows)
    expect(new ForestWalk(forest).score(values, rows), seedNote).toEqual(plainScores(forest, values))
  })

  test('again and again, by fewer trees and of fewer rows, as if for the first time', () => {
    const random = new Random()
    const values = Float32Array.from({ length: 2 * 900 }, () => random.next())
    const forest = trainForest({ values, width: 2 }, { trees: 9, sampleSize: 64, seed: testSeed })
    const walk = new ForestWalk(forest)
    values[7] = NaN
    for (const [rows, trees] of [
      [900, 9],
      [20, 9],
      [450, 4],
      [3, 1],
    ] as const) {
      const part = values.slice(0, 2 * rows)
      expect(walk.score(part, rows, trees), seedNote).toEqual(plainScores(forest, part, trees))
    }
  })
})

test('keys are in the order of their floats', () => {
  const floats = Float32Array.of(-Infinity, -most, -1, -least, 0, least, 1, most, Infinity)
  const keys = orderedKeys(floats.slice())
  expect([...keys]).toEqual([...keys].sort((a, b) => a - b))
  expect(new Set(keys).size).toBe(floats.length)
  expect([...orderedKeys(Float32Array.of(-0, 0))]).toEqual([0, 0])
})
