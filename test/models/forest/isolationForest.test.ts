import { describe, expect, test } from 'vitest'

import { sha256 } from '../../../shared/models/card/index.js'
import { encodeForest, forestTensors } from '../../../shared/models/forest/encodeForest.js'
import type { Matrix } from '../../../shared/models/forest/growTree.js'
import type { IsolationForest } from '../../../shared/models/forest/isolationForest.js'
import { averagePathLength } from '../../../shared/models/forest/pathLength.js'
import { ForestWalk } from '../../../shared/models/forest/scoreForest.js'
import { seededRandom } from '../../../shared/models/forest/seededRandom.js'
import { trainForest } from '../../../shared/models/forest/trainForest.js'
import { openOnnxScorer } from '../../../shared/models/onnx/index.js'
import { Random, seedNote, testSeed } from '../../random.js'

/** Bell-shaped numbers, and 0 or 1 in the last column. */
function bells(rows: number, width: number, random = new Random()): Matrix {
  const values = new Float32Array(rows * width)
  for (let i = 0; i < values.length; i++)
    values[i] =
      i % width === width - 1
        ? random.below(2)
        : (random.next() + random.next() + random.next() - 1.5) * 10 ** ((i % width) * 2)
  return { values, width }
}

const options = { trees: 30, sampleSize: 128, seed: testSeed }

function onnxFiles(forest: IsolationForest) {
  const onnx = encodeForest(forest)
  const features = Array.from({ length: forest.features }, (_, i) => ({ column: `c${i}`, kind: 'numeric' as const }))
  const about = { name: 'm', version: '1', stream: 's', createdAt: '2025-01-01T00:00:00Z' }
  return { onnx, card: { ...about, features, ...forestTensors, sha256: sha256(onnx) } }
}

async function onnxScores(forest: IsolationForest, features: Float32Array): Promise<Float32Array> {
  const scorer = await openOnnxScorer(onnxFiles(forest))
  try {
    return await scorer.score(features, features.length / forest.features)
  } finally {
    await scorer.close()
  }
}

function greatestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0)
}

describe('an isolation forest', () => {
  test('the same seed and rows give the same file, another seed gives another', () => {
    const matrix = bells(500, 4)
    const bytes = (seed: number) => sha256(encodeForest(trainForest(matrix, { ...options, seed })))
    expect(bytes(7)).toBe(bytes(7))
    expect(bytes(7)).not.toBe(bytes(8))
  })

  test('what lies far out scores above what lies in the middle', () => {
    const forest = trainForest(bells(2_000, 3), options)
    const [middle = 1, far = 0] = new ForestWalk(forest).score(Float32Array.of(0, 0, 0, 9, 900, 1), 2)
    expect(middle, seedNote).toBeLessThan(0.55)
    expect(far, seedNote).toBeGreaterThan(0.65)
  })

  test('fewer rows than a tree samples: each tree takes them all', () => {
    const forest = trainForest(bells(5, 2), { ...options, sampleSize: 256 })
    expect(forest.sampleSize).toBe(5)
    const scores = new ForestWalk(forest).score(bells(5, 2).values, 5)
    expect([...scores].every(score => score > 0 && score < 1)).toBe(true)
  })

  test('rows that are all the same score a half: none is more alone than another', () => {
    const forest = trainForest({ values: new Float32Array(600).fill(3), width: 3 }, options)
    const [score] = new ForestWalk(forest).score(Float32Array.of(3, 3, 3), 1)
    expect(score).toBeCloseTo(0.5, 6)
  })

  test('two neighbouring floats are parted: no side of a split is empty', () => {
    const [low, high] = [Math.fround(16_777_214), Math.fround(16_777_215)]
    const values = Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? low : high))
    const { feature, threshold } = trainForest({ values, width: 1 }, options)
    expect(feature.every(f => f === 0)).toBe(true)
    expect([...threshold].every(t => t === low || t === Infinity)).toBe(true)
  })

  test('normal path lengths are those of the paper', () => {
    expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1])
    // scikit-learn's _average_path_length of 5, 256 and 1000.
    for (const [n, length] of [
      [5, 2.327020052],
      [256, 10.24477092],
      [1000, 12.969940887],
    ] as const)
      expect(averagePathLength(n)).toBeCloseTo(length, 6)
  })
})

describe('the walk and ONNX Runtime', () => {
  test('agree on random rows to 1e-6', async () => {
    const forest = trainForest(bells(3_000, 5), { ...options, trees: 100, sampleSize: 256 })
    const { values } = bells(2_003, 5)
    const walk = new ForestWalk(forest).score(values, 2_003)
    expect(greatestDifference(walk, await onnxScores(forest, values)), seedNote).toBeLessThan(1e-6)
  })

  test('agree on values that equal thresholds, or are their neighbours', async () => {
    const random = new Random()
    const forest = trainForest(bells(1_000, 3), options)
    const split = [...forest.threshold.keys()].filter(i => forest.threshold[i] !== Infinity)
    const values = new Float32Array(3 * 900)
    const bits = new Uint32Array(values.buffer)
    for (let row = 0; row < 900; row++) {
      for (let column = 0; column < 3; column++) {
        const own = split.filter(i => forest.feature[i] === column)
        values[row * 3 + column] = forest.threshold[random.pick(own)] as number
        if (values[row * 3 + column] !== 0)
          bits[row * 3 + column] = (bits[row * 3 + column] as number) + (random.below(3) - 1)
      }
    }
    const walk = new ForestWalk(forest).score(values, 900)
    expect(greatestDifference(walk, await onnxScores(forest, values)), seedNote).toBeLessThan(1e-6)
  })

  test('agree on the greatest floats; a row with NaN scores NaN, and its neighbours a number', async () => {
    const forest = trainForest(bells(1_000, 2), options)
    const most = 3.4028234663852886e38
    const values = Float32Array.of(0, 0, most, -most, NaN, 0, -most, most, 0, NaN, 1, 1)
    const walk = new ForestWalk(forest).score(values, 6)
    const onnx = await onnxScores(forest, values)
    for (const scores of [walk, onnx])
      expect([...scores].map(Number.isNaN)).toEqual([false, false, true, false, true, false])
    expect(greatestDifference(walk.filter(Number.isFinite), onnx.filter(Number.isFinite))).toBeLessThan(1e-6)
  })

  test('agree on a tree that is a single leaf', async () => {
    const forest = trainForest({ values: new Float32Array(20).fill(1), width: 2 }, options)
    const values = Float32Array.of(1, 1, 2, 5)
    const walk = new ForestWalk(forest).score(values, 2)
    expect(greatestDifference(walk, await onnxScores(forest, values))).toBeLessThan(1e-6)
  })
})

describe('seeded random numbers', () => {
  test('fill [0, 1) evenly', () => {
    const random = seededRandom(testSeed)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) {
      const bin = Math.floor(random() * 10)
      counts[bin] = (counts[bin] ?? NaN) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000), seedNote).toBeLessThan(600)
  })

  test('neighbouring seeds have nothing in common', () => {
    const first = [0, 1, 2, 3].map(seed => seededRandom(seed)())
    expect(new Set(first.map(value => Math.floor(value * 50))).size).toBeGreaterThan(2)
  })
})
