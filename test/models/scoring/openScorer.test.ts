import { describe, expect, test } from 'vitest'

import { asError } from '../../../shared/errors.js'
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

  test('is opened without ONNX Runtime, which takes seconds for so many nodes and the memory for them', async () => {
    const scorer = await openScorer(filesOf(encodeForest(grown()), 3, forestTensors), { timeoutMs: 1, memoryLimit: 1 })
    expect(await scorer.score(rows(2, 3), 2)).toHaveLength(2)
  })

  test.each<readonly [string, number, Partial<ModelFiles['card']>, string]>([
    ['golden vectors that it does not score', 3, { golden: [{ features: [1, 2, 3], score: 0.001 }] }, 'golden[0] with'],
    ['golden vectors of another width', 3, { golden: [{ features: [1, 2] }] }, 'golden[0] has 2 features'],
    ['a golden vector without a number', 3, { golden: [{ features: [1, NaN, 3] }] }, 'golden[0] with NaN'],
    ['fewer features', 2, {}, 'features make 2 columns'],
    ['another input', 3, { input: 'rows' }, 'it takes features'],
    ['another output', 3, { output: 'probabilities' }, 'it gives score'],
  ])('a card with %s is refused as that of any model', async (_, width, card, words) => {
    const files = filesOf(encodeForest(grown()), width, { ...forestTensors, ...card })
    const refusals: string[] = []
    // The last digits of a score are each one's own.
    for (const open of [openScorer, openOnnxScorer])
      await open(files, limits).catch((error: unknown) =>
        refusals.push(asError(error).message.replace(/0\.\d+/g, '0.…')),
      )
    expect(refusals[0]).toContain(words)
    expect(refusals[1]).toBe(refusals[0])
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
