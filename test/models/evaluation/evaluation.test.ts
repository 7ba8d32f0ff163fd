import { describe, expect, test } from 'vitest'

import { precisionRecallSvg, scoreHistogramSvg } from '../../../shared/models/evaluation/plots.js'
import {
  averagePrecision,
  precisionAt,
  precisionRecallCurve,
} from '../../../shared/models/evaluation/precisionRecall.js'
import { rocAuc } from '../../../shared/models/evaluation/rocAuc.js'

const tied = {
  scores: [0.1, 0.9, 0.4, 0.4, 0.8, 0.4, 0.2, 0.3, 0.9, 0.05],
  anomalies: [0, 1, 0, 1, 1, 0, 0, 1, 0, 0],
}

describe('figures of a model', () => {
  test('are those of scikit-learn, equal scores included', () => {
    expect(rocAuc(tied)).toBeCloseTo(0.7291666666666667, 12)
    expect(averagePrecision(precisionRecallCurve(tied))).toBeCloseTo(0.5595238095238095, 12)
  })

  test('all scores equal find nothing: a half, and as many as there are', () => {
    const equal = { scores: new Float32Array(200).fill(0.5), anomalies: new Uint8Array(200).fill(1, 0, 20) }
    expect(rocAuc(equal)).toBe(0.5)
    expect(precisionAt(equal, 0.01)).toBeCloseTo(0.1, 12)
  })

  test('precision at one percent looks at the highest scores, one row at least', () => {
    const scores = Float32Array.from({ length: 300 }, (_, i) => i / 300)
    const anomalies = new Uint8Array(300)
    anomalies[299] = 1
    expect(precisionAt({ scores, anomalies }, 0.01)).toBeCloseTo(1 / 3, 12)
    expect(precisionAt({ scores: [1, 2], anomalies: [0, 1] }, 0.01)).toBe(1)
  })

  test('a row without a score ranks last; without anomalies, or with nothing else, there is no area', () => {
    expect(rocAuc({ scores: [NaN, 0.2, 0.1], anomalies: [1, 0, 0] })).toBe(0)
    expect(rocAuc({ scores: [1, 2], anomalies: [0, 0] })).toBeUndefined()
    expect(rocAuc({ scores: [1, 2], anomalies: [1, 1] })).toBeUndefined()
    expect(precisionRecallCurve({ scores: [1], anomalies: [0] })).toEqual([])
  })
})

describe('plots', () => {
  const model = { model: 'a<b>&"c"', version: '3' }

  test('have title, axes and legend, and a hostile name stays text', () => {
    for (const svg of [scoreHistogramSvg(model, tied, 0.6), precisionRecallSvg(model, tied)]) {
      expect(svg).toContain('a&lt;b&gt;&amp;&quot;c&quot;, version 3</text>')
      expect(svg.match(/<text/g)?.length).toBeGreaterThan(10)
      expect(svg).not.toMatch(/NaN|undefined|<b>/)
    }
  })

  test('nothing to show is an empty frame', () => {
    const none = { scores: [], anomalies: [] }
    for (const svg of [scoreHistogramSvg(model, none, 0.5), precisionRecallSvg(model, none)])
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })
})
