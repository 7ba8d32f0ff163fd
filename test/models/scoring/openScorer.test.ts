import { describe, expect, test } from 'vitest'

import { encodeForest, forestTensors, type IsolationForest, trainForest } from '../../../shared/models/forest/index.js'
import { encodeValueRange, type ModelFiles, sha256, valueRangeTensors } from '../../../shared/models/index.js'
import { openOnnxScorer } from '../../../shared/models/onnx/index.js'
import { ForestScorer } from '../../../shared/models/scoring/forestScorer.js'
import { openScorer } from '../../../shared/models/scoring/openScorer.js'
import { Random, seedNote, testSeed } from '../../random.js'

const limits = { timeoutMs: 60_000, memoryLimit: 2 ** 29 }

function rows(count: number, width: number): Float32Array {
  const random = new Random()
  return Float32Array.from({ length: count * width }, () => (random.next() - 0.3) * 10 ** random.below(6))
}

function grown(width = 3): IsolationForest {
  return trainForest({ values: rows(2_000, width), width }, { trees: 50, sampleSize: 256, seed: testSeed })
}

function filesOf(onnx: Uint8Array, width: number, card: Partial<ModelFiles['card']> = {}): ModelFiles {
  const features = Array.from({ length: width }, (_, i) => ({ column: `c${i}`, kind: 'numeric' as const }))
  const about = { name: 'm', version: '1', stream: 's', createdAt: '2025-01-01T00:00:00Z' }
  return { onnx, card: { ...about, features, sha256: sha256(onnx), ...card } }
}

describe('a model that is one of our forests', () => {
  test('is walked, and scores as ONNX Runtime does, in more rows than one turn takes', async () => {
    const files = filesOf(encodeForest(grown()), 3, forestTensors)
    const [walked, runtime] = [await openScorer(files, limits), await openOnnxScorer(files)]
    expect(walked).toBeInstanceOf(ForestScorer)
    const features = rows(10_001, 3)
    features[3 * 5_000] = NaN
    const [own, wanted] = [await walked.score(features, 10_001), await runtime.score(features, 10_001)]
    const apart = own.map((score, i) => (Object.is(score, wanted[i]) ? 0 : Math.abs(score - (wanted[i] as number))))
    expect(Math.max(...apart), seedNote).toBeLessThan(1e-6)
    expect(await walked.score(new Float32Array(), 0)).toHaveLength(0)
    await runtime.close()
  })

  test('lets others have their turn between parts of a batch', async () => {
    const scorer = await openScorer(filesOf(encodeForest(grown()), 3, forestTensors), limits)
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await scorer.score(rows(40_000, 3), 40_000)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })

  test('two batches at once do not mix', async () => {
    const scorer = await openScorer(filesOf(encodeForest(grown()), 3, forestTensors), limits)
    const [a, b] = [rows(9_000, 3), rows(9_000, 3)]
    const together = await Promise.all([scorer.score(a, 9_000), scorer.score(b, 9_000)])
    expect(together, seedNote).toEqual([await scorer.score(a, 9_000), await scorer.score(b, 9_000)])
  })

  test('golden vectors that it does not score are refused as of any model', async () => {
    const golden = [{ features: [1, 2, 3], score: 0.001 }]
    await expect(openScorer(filesOf(encodeForest(grown()), 3, { ...forestTensors, golden }), limits)).rejects.toThrow(
      'it scores golden[0] with',
    )
  })

  test('a card with another width, or another output, is refused as of any model', async () => {
    await expect(openScorer(filesOf(encodeForest(grown()), 2, forestTensors), limits)).rejects.toThrow('2 columns')
    const output = 'probabilities'
    await expect(openScorer(filesOf(encodeForest(grown()), 3, { output }), limits)).rejects.toThrow('probabilities')
  })
})

describe('any other model', () => {
  test('is scored by ONNX Runtime, whatever its card says it is', async () => {
    const onnx = encodeValueRange({ habits: [{ category: 'a', mean: 5, spread: 1 }], tolerance: 3, steepness: 2 })
    const scorer = await openScorer(filesOf(onnx, 2, { ...valueRangeTensors, name: 'isolation_forest' }), limits)
    expect(scorer).not.toBeInstanceOf(ForestScorer)
    const [usual = NaN, far = NaN] = await scorer.score(Float32Array.of(5, 1, 50, 1), 2)
    expect([usual < 0.1, far > 0.9]).toEqual([true, true])
    await scorer.close()
  })
})
