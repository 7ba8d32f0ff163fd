import { describe, expect, test } from 'vitest'

import { chiSquareQuantile, chiSquareTail } from '../../../shared/models/drift/chiSquare.js'
import { ColumnDrift, type Drift } from '../../../shared/models/drift/columnDrift.js'
import { jensenShannonDistance, kolmogorovSmirnovP } from '../../../shared/models/drift/distances.js'
import { populationStabilityIndex, psiLimit } from '../../../shared/models/drift/psi.js'
import { type ColumnReference, describeColumn } from '../../../shared/models/drift/reference.js'
import { decodeReference, encodeReference } from '../../../shared/models/drift/referenceFile.js'
import { Random, seedNote } from '../../random.js'

function compare(reference: ColumnReference, values: Iterable<number>): Drift {
  const drift = new ColumnDrift(reference)
  for (const value of values) drift.add(value)
  const result = drift.result()
  if (result === undefined) throw new Error('nothing to compare')
  return result
}

const normal = (random: Random, n: number, shift = 0) =>
  Float32Array.from({ length: n }, () => random.next() + random.next() + random.next() + shift)

describe('distances are those of other libraries', () => {
  test('chi-square, of scipy.stats.chi2', () => {
    for (const [p, freedom, value] of [
      [0.001, 9, 27.877164871256575],
      [0.05, 1, 3.8414588206941285],
      [0.01, 30, 50.892181311517085],
      [0.5, 2, 1.386294361119891],
      [1e-6, 100, 182.12677711954765],
    ] as const)
      expect(chiSquareQuantile(p, freedom)).toBeCloseTo(value, 8)
    for (const [value, freedom, p] of [
      [3, 9, 0.9642949726850891],
      [30, 9, 0.00043872177097947936],
      [0.1, 1, 0.7518296340458492],
      [250, 100, 7.76693640353949e-15],
    ] as const)
      expect(chiSquareTail(value, freedom) / p).toBeCloseTo(1, 9)
  })

  test('population stability index, by the formula; an empty bin counts as half a row', () => {
    expect(populationStabilityIndex([10, 20, 30, 40], [15, 25, 25, 35])).toBeCloseTo(0.04722308044204257, 12)
    expect(populationStabilityIndex([5, 5, 0], [5, 5, 0])).toBe(0)
    expect(populationStabilityIndex([5, 5], [10, 0])).toBeCloseTo(0.5 * Math.log(2) + 0.45 * Math.log(10), 12)
  })

  test('Jensen–Shannon, of scipy.spatial.distance.jensenshannon', () => {
    expect(jensenShannonDistance([10, 20, 30, 40], [15, 25, 25, 35])).toBeCloseTo(0.09210804568706057, 12)
    expect(jensenShannonDistance([2, 2, 0], [0, 1, 3])).toBeCloseTo(0.8097154205210412, 12)
    expect(jensenShannonDistance([3, 0], [0, 9])).toBe(1)
  })

  test('Kolmogorov–Smirnov p, near that of scipy.stats.kstwo', () => {
    for (const [d, n, m, p] of [
      [0.05, 1_000, 500, 0.36381774664618793],
      [0.1, 1_000, 500, 0.002371773853784354],
      [0.02, 100_000, 5_000, 0.04371959863194674],
    ] as const)
      expect(kolmogorovSmirnovP(d, n, m) / p).toBeCloseTo(1, 1)
    expect(kolmogorovSmirnovP(0, 10, 10)).toBe(1)
  })

  test('Kolmogorov–Smirnov statistic, of scipy.stats.ks_2samp to a step of the stored function', () => {
    const reference = describeColumn(
      'v',
      Float32Array.from({ length: 1_000 }, (_, i) => i / 1_000),
    )
    const { ks = NaN } = compare(
      reference,
      Float32Array.from({ length: 500 }, (_, i) => (i / 500) ** 1.2),
    )
    expect(Math.abs(ks - 0.068)).toBeLessThan(0.005)
  })
})

describe('a limit that knows the sample size', () => {
  test('few rows without drift breach no more often than they may, where a fixed 0.1 would cry wolf', () => {
    const random = new Random()
    const reference = describeColumn('v', normal(random, 20_000))
    const results = Array.from({ length: 400 }, () => compare(reference, normal(random, 100)))
    expect(results.filter(r => r.breached).length, seedNote).toBeLessThan(8)
    expect(results.filter(r => r.psi > 0.1).length, seedNote).toBeGreaterThan(80)
  })

  test('a real shift is found in few rows and in many', () => {
    const random = new Random()
    const reference = describeColumn('v', normal(random, 20_000))
    for (const n of [100, 10_000]) {
      const { breached, ksP = 1, js } = compare(reference, normal(random, n, 0.6))
      expect({ breached, sure: ksP < 1e-6, apart: js > 0.2 }, seedNote).toEqual({
        breached: true,
        sure: true,
        apart: true,
      })
    }
  })

  test('many rows are not alarmed by what is too small to matter', () => {
    expect(psiLimit(1e6, 1e6, 10)).toBe(0.1)
    expect(psiLimit(1e6, 100, 10)).toBeCloseTo(0.2788, 3)
  })
})

describe('the reference of a column', () => {
  test('a column of few values is compared value by value, and a value it never had is drift', () => {
    const reference = describeColumn(
      'type=click',
      Float32Array.of(...new Array<number>(300).fill(0), ...new Array<number>(100).fill(1)),
    )
    expect(reference).toEqual({ name: 'type=click', kind: 'discrete', values: [0, 1], counts: [300, 100] })
    expect(compare(reference, new Array<number>(400).fill(0).fill(1, 0, 100)).psi).toBe(0)
    const strange = compare(reference, new Array<number>(200).fill(0.5))
    expect(strange).toMatchObject({ breached: true, ks: undefined })
    // But for half a row in each bin.
    expect(strange.js).toBe(1)
  })

  test('a value that half of the rows have makes fewer bins, and no false drift', () => {
    const random = new Random()
    const half = (n: number) => Float32Array.from({ length: n }, () => (random.below(2) === 0 ? 7 : random.next() * 20))
    const reference = describeColumn('v', half(10_000))
    if (reference.kind !== 'numeric') throw new Error('not numeric')
    expect(reference.counts.length).toBe(reference.edges.length + 1)
    expect(reference.counts.reduce((a, b) => a + b)).toBe(10_000)
    const { breached, ksP = 0 } = compare(reference, half(5_000))
    expect(breached, seedNote).toBe(false)
    expect(ksP, seedNote).toBeGreaterThan(1e-4)
  })

  test('NaN is left out on both sides; nothing to compare is no result', () => {
    const reference = describeColumn('v', Float32Array.of(NaN, 1, 2, NaN))
    expect(reference.counts).toEqual([1, 1])
    const drift = new ColumnDrift(reference)
    drift.add(NaN)
    expect(drift.result()).toBeUndefined()
    expect(new ColumnDrift(describeColumn('v', Float32Array.of(NaN))).result()).toBeUndefined()
  })

  test('reference.json gives it back; what is no reference is refused by its field', () => {
    const random = new Random()
    const columns = [describeColumn('v', normal(random, 500)), describeColumn('t', Float32Array.of(0, 1, 1))]
    const bytes = encodeReference({ rows: 500, columns })
    expect(decodeReference(bytes, 'reference.json')).toEqual({ rows: 500, columns })
    const broken = new TextEncoder().encode(
      '{"rows":5,"columns":[{"name":"v","kind":"discrete","values":[1],"counts":[1,2]}]}',
    )
    expect(() => decodeReference(broken, 'models/m/1/reference.json')).toThrow(
      /models\/m\/1\/reference\.json: columns\.0.*as many as values/,
    )
    expect(() => decodeReference(new TextEncoder().encode('{'), 'reference.json')).toThrow(/is not JSON/)
  })
})
