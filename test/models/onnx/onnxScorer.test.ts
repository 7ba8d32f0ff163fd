import { describe, expect, test } from 'vitest'

import { sha256 } from '../../../shared/models/card/digest.js'
import type { ModelCard } from '../../../shared/models/card/modelCard.js'
import type { ModelFiles } from '../../../shared/models/modelSource.js'
import { encodeOnnx, type OnnxGraph } from '../../../shared/models/onnx/onnxModel.js'
import { openOnnxScorer } from '../../../shared/models/onnx/onnxScorer.js'
import { starterModel } from '../../../shared/models/starter/starterModel.js'
import {
  encodeValueRange,
  scoreValue,
  type ValueRange,
  valueRangeTensors,
} from '../../../shared/models/starter/valueRange.js'
import { SyntheticEvents } from '../../../shared/sources/synthetic/index.js'
import { Random, seedNote } from '../../random.js'

const logistic = (weights: readonly number[], bias: number, more: Partial<OnnxGraph> = {}): Uint8Array =>
  encodeOnnx({
    name: 'logistic',
    inputs: [{ name: 'x', shape: ['n', weights.length] }],
    outputs: [{ name: 'y', shape: ['n', 1] }],
    constants: [
      { name: 'W', shape: [weights.length, 1], values: weights },
      { name: 'b', shape: [1], values: [bias] },
    ],
    nodes: [
      { operator: 'Gemm', inputs: ['x', 'W', 'b'], outputs: ['logit'] },
      { operator: 'Sigmoid', inputs: ['logit'], outputs: ['y'] },
    ],
    ...more,
  })

function filesOf(onnx: Uint8Array, card: Partial<ModelCard> = {}): ModelFiles {
  const features = [
    { column: 'value', kind: 'numeric' as const },
    { column: 'other', kind: 'numeric' as const },
  ]
  return {
    onnx,
    card: {
      name: 'm',
      version: '1',
      stream: 'events',
      features,
      input: 'x',
      output: 'y',
      createdAt: '2025-01-01T00:00:00Z',
      sha256: sha256(onnx),
      ...card,
    },
  }
}

async function scoresOf(files: ModelFiles, rows: readonly (readonly number[])[]): Promise<readonly number[]> {
  const scorer = await openOnnxScorer(files)
  try {
    return [...(await scorer.score(Float32Array.from(rows.flat()), rows.length))]
  } finally {
    await scorer.close()
  }
}

describe('bytes written here score in ONNX Runtime as plain arithmetic does', () => {
  test('logistic regressions', async () => {
    const random = new Random()
    const between = (low: number, high: number) => low + random.next() * (high - low)
    for (let round = 0; round < 20; round++) {
      const weights = [between(-2, 2), between(-2, 2)]
      const bias = between(-3, 3)
      const rows = Array.from({ length: 1 + random.below(300) }, () => [
        Math.fround(between(-5, 5)),
        Math.fround(between(-5, 5)),
      ])
      const scores = await scoresOf(filesOf(logistic(weights, bias)), rows)
      rows.forEach(([a = 0, b = 0], i) => {
        const expected = 1 / (1 + Math.exp(-((weights[0] ?? 0) * a + (weights[1] ?? 0) * b + bias)))
        expect(Math.abs((scores[i] ?? NaN) - expected), `${seedNote}, round ${round}, row ${i}`).toBeLessThan(1e-6)
      })
    }
  })

  test('value ranges, with categories nobody knows', async () => {
    const random = new Random()
    const between = (low: number, high: number) => low + random.next() * (high - low)
    for (let round = 0; round < 20; round++) {
      const names = Array.from({ length: 1 + random.below(6) }, (_, i) => `c${i}`)
      const range: ValueRange = {
        habits: names.map(category => ({ category, mean: between(-10, 10), spread: between(1, 4) })),
        tolerance: between(1, 5),
        steepness: between(0.5, 2),
      }
      const given = Array.from({ length: 200 }, () => ({
        category: random.next() < 0.1 ? 'unknown' : random.pick(names),
        value: Math.fround(between(-40, 40)),
      }))
      const features = [
        { column: 'value', kind: 'numeric' as const },
        { column: 'type', kind: 'category' as const, categories: names },
      ]
      const files = filesOf(encodeValueRange(range), { ...valueRangeTensors, features })
      const scores = await scoresOf(
        files,
        given.map(({ category, value }) => [value, ...names.map(n => (n === category ? 1 : 0))]),
      )
      given.forEach(({ category, value }, i) => {
        const expected = scoreValue(range, category, value)
        expect(Math.abs((scores[i] ?? NaN) - expected), `${seedNote}, round ${round}, row ${i}`).toBeLessThan(1e-6)
      })
    }
  })
})

describe('the model that ships', () => {
  test('tells the anomalies of the sample stream, all of them and nothing else', async () => {
    const { card, onnx } = starterModel('anomaly')
    const sample = new SyntheticEvents({ seed: 7, anomalies: 5, broken: 0, tombstones: 0, duplicates: 0 })
    const rows = sample
      .take(5_000)
      .map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as { event_type: string; value: string })
    const types = card.features.flatMap(f => (f.kind === 'category' ? f.categories : []))
    const scores = await scoresOf(
      { card, onnx },
      rows.map(r => [Number(r.value), ...types.map(t => (t === r.event_type ? 1 : 0))]),
    )
    expect(sample.expected.anomalies).toBeGreaterThan(100)
    expect(scores.filter(score => score > 0.5)).toHaveLength(sample.expected.anomalies)
    expect(scores.every(score => score >= 0 && score <= 1)).toBe(true)
  })

  test('values at the edge of a float and unknown types have a score; no number has none', async () => {
    const files = starterModel('anomaly')
    const huge = 3.4028234663852886e38
    const [high, low, unknown, unknownHigh, none] = await scoresOf(files, [
      [huge, 1, 0, 0, 0],
      [-huge, 1, 0, 0, 0],
      [5, 0, 0, 0, 0],
      [huge, 0, 0, 0, 0],
      [NaN, 1, 0, 0, 0],
    ])
    expect([high, low]).toEqual([1, 1])
    expect(unknown).toBeLessThan(0.01)
    expect(unknownHigh).toBeLessThan(0.01)
    expect(none).toBeNaN()
  })

  test('is the same file wherever it is made', () => {
    expect(starterModel('a').card.sha256).toBe(starterModel('b').card.sha256)
  })
})

test('a first dimension that has no name, as converters of scikit-learn and LightGBM write it, is free', async () => {
  const onnx = logistic([1, 2], 0, {
    inputs: [{ name: 'x', shape: ['', 2] }],
    outputs: [{ name: 'y', shape: ['', 1] }],
  })
  const scorer = await openOnnxScorer(filesOf(onnx))
  expect(await scorer.score(Float32Array.of(0, 0, 0, 0), 2)).toEqual(Float32Array.of(0.5, 0.5))
  await scorer.close()
})

describe('a model that is not what its card says is refused by name', () => {
  const good = logistic([1, 2], 0)
  const cases: readonly (readonly [string, ModelFiles, RegExp])[] = [
    [
      'bytes that are no model',
      filesOf(new TextEncoder().encode('no model')),
      /not a model that ONNX Runtime can load/,
    ],
    ['another input name', filesOf(good, { input: 'features' }), /takes x, and its model\.json says features/],
    ['another output name', filesOf(good, { output: 'score' }), /gives y, and its scores are to be in score/],
    [
      'more features than columns',
      filesOf(good, { features: [{ column: 'value', kind: 'category', categories: ['a', 'b', 'c'] }] }),
      /\[n, 2\], and its features make 3/,
    ],
    ['a fixed number of rows', filesOf(logistic([1, 2], 0, { inputs: [{ name: 'x', shape: [1, 2] }] })), /1 rows only/],
    [
      'a golden vector that is scored otherwise',
      filesOf(good, {
        golden: [
          { features: [0, 0], score: 0.5 },
          { features: [1, 1], score: 0.5 },
        ],
      }),
      /golden\[1\]/,
    ],
    [
      'a golden vector that is scored as no number',
      filesOf(good, { golden: [{ features: [NaN, 0], score: 0.5 }] }),
      /golden\[0\] with NaN/,
    ],
    [
      'a golden vector of another width',
      filesOf(good, { golden: [{ features: [0], score: 0.5 }] }),
      /1 features, and the model takes 2/,
    ],
  ]
  test.each(cases)('%s', async (_, files, message) => {
    await expect(openOnnxScorer(files)).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(message) as string,
    })
  })

  test('one that gives three numbers a row', async () => {
    const onnx = encodeOnnx({
      name: 'three',
      inputs: [{ name: 'x', shape: ['n', 3] }],
      outputs: [{ name: 'y', shape: ['n', 3] }],
      constants: [],
      nodes: [{ operator: 'Sigmoid', inputs: ['x'], outputs: ['y'] }],
    })
    const features = ['a', 'b', 'c'].map(column => ({ column, kind: 'numeric' as const }))
    await expect(openOnnxScorer(filesOf(onnx, { features }))).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(/its output y has 3 numbers a row/) as string,
    })
  })

  test('one that loads and scores no number', async () => {
    const onnx = logistic([NaN, 1], 0)
    await expect(openOnnxScorer(filesOf(onnx))).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(/zeros and a row of ones with NaN and NaN: no score is a number/) as string,
    })
  })
})

test('a constant that does not fill its shape is refused before anybody reads the file', () => {
  expect(() => logistic([1, 2], 0, { constants: [{ name: 'W', shape: [3, 1], values: [1] }] })).toThrow(/constant W/)
})
