import { describe, expect, test } from 'vitest'

import { decodeForest } from '../../../shared/models/forest/decodeForest.js'
import { encodeForest } from '../../../shared/models/forest/encodeForest.js'
import type { IsolationForest } from '../../../shared/models/forest/isolationForest.js'
import { ForestWalk } from '../../../shared/models/forest/scoreForest.js'
import { trainForest } from '../../../shared/models/forest/trainForest.js'
import { sha256 } from '../../../shared/models/index.js'
import { encodeOnnx } from '../../../shared/models/onnx/index.js'
import { encodeValueRange } from '../../../shared/models/starter/index.js'
import { Random, seedNote, testSeed } from '../../random.js'

/** Numbers of many sizes, below zero as well, in the last column 0 or 1. */
function matrix(rows: number, width: number, random = new Random()) {
  const values = Float32Array.from({ length: rows * width }, (_, i) =>
    i % width === width - 1 ? random.below(2) : (random.next() - 0.5) * 10 ** random.below(8),
  )
  return { values, width }
}

function grown(rows: number, width: number, sampleSize: number): IsolationForest {
  return trainForest(matrix(rows, width), { trees: 20, sampleSize, seed: testSeed })
}

describe('a forest read from its file', () => {
  test.each([
    [2_000, 5, 256],
    [3_000, 8, 2_048],
    [2, 1, 256],
    [7, 3, 256],
  ])('of %i rows, %i features, ψ %i scores as the one that was written', (rows, width, sampleSize) => {
    const forest = grown(rows, width, sampleSize)
    const onnx = encodeForest(forest)
    const read = decodeForest(onnx)
    if (read === undefined) throw new Error(`not read; ${seedNote}`)
    const probes = matrix(400, width).values
    expect(new ForestWalk(read).score(probes, 400), seedNote).toEqual(new ForestWalk(forest).score(probes, 400))
    expect(Buffer.from(encodeForest(read))).toEqual(Buffer.from(onnx))
  })

  test('all trees of one leaf', () => {
    const forest = trainForest(
      { values: new Float32Array(60).fill(2), width: 2 },
      { trees: 3, sampleSize: 30, seed: 1 },
    )
    const read = decodeForest(encodeForest(forest))
    expect(read?.depth).toBe(0)
    const score = (of: IsolationForest) => [...new ForestWalk(of).score(Float32Array.of(2, 2, 9, 9), 2)]
    expect(read === undefined ? [] : score(read)).toEqual(score(forest))
  })
})

test('a forest has the bytes that it had in earlier versions, whose files would else be scored by ONNX Runtime', () => {
  expect(sha256(encodeForest(chain(3)))).toBe('859f1da5189ce6c50dc23bfb9b5328b65d5509bb5bcbe4bb4ebc8b6a676f9392')
})

describe('what is no forest of ours', () => {
  test('another model, no model, nothing at all', () => {
    expect(decodeForest(encodeValueRange({ habits: [], tolerance: 1, steepness: 1 }))).toBeUndefined()
    expect(decodeForest(new TextEncoder().encode('no model'))).toBeUndefined()
    expect(decodeForest(new Uint8Array())).toBeUndefined()
  })

  test('a forest of which any byte is another is never read as what it is not', () => {
    const random = new Random()
    const onnx = encodeForest(grown(100, 3, 16))
    for (let i = 0; i < 2_000; i++) {
      const changed = Uint8Array.from(onnx)
      const at = random.below(changed.length)
      changed[at] = (changed[at] as number) ^ (1 << random.below(8))
      const read = decodeForest(changed)
      if (read !== undefined) expect(Buffer.from(encodeForest(read)), seedNote).toEqual(Buffer.from(changed))
    }
  })

  test('one that is cut off anywhere', () => {
    const onnx = encodeForest(grown(40, 2, 8))
    for (let length = 0; length < onnx.length; length += 7)
      expect(decodeForest(onnx.subarray(0, length)), `${length} bytes`).toBeUndefined()
  })

  test('one with something added to its scores', () => {
    const onnx = encodeForest(grown(100, 2, 16))
    const more = encodeOnnx({
      name: 'isolation_forest',
      inputs: [],
      outputs: [],
      constants: [],
      nodes: [{ operator: 'Neg', inputs: ['score'], outputs: ['other'] }],
    })
    expect(decodeForest(Buffer.concat([onnx, more]))).toBeUndefined()
  })

  test('one with a threshold that is no number, or a depth that would take all memory', () => {
    const forest = grown(100, 2, 16)
    const at = forest.threshold.findIndex(value => value !== Infinity)
    expect(decodeForest(encodeForest({ ...forest, threshold: forest.threshold.with(at, NaN) }))).toBeUndefined()
    expect(decodeForest(encodeForest(chain(18)))).toBeUndefined()
    expect(decodeForest(encodeForest(chain(12)))?.depth).toBe(12)
  })

  test('one of so many trees that a turn of the walk would hold up everything else', () => {
    const options = { sampleSize: 4, seed: testSeed }
    const ofTrees = (trees: number) => decodeForest(encodeForest(trainForest(matrix(20, 2), { trees, ...options })))
    expect(ofTrees(1_000)?.trees, seedNote).toBe(1_000)
    expect(ofTrees(1_001), seedNote).toBeUndefined()
  })
})

/** A tree that goes down on its left side only. */
function chain(depth: number): IsolationForest {
  const inner = 2 ** depth - 1
  const threshold = new Float32Array(inner).fill(Infinity)
  for (let level = 0; level < depth; level++) threshold[2 ** level - 1] = depth - level
  const pathLength = new Float32Array(inner + 1).fill(depth)
  return { features: 1, trees: 1, depth, sampleSize: 64, feature: new Uint16Array(inner), threshold, pathLength }
}
