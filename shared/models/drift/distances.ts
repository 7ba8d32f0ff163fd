import { chiSquareQuantile } from './chiSquare.js'

/**
 * Population stability index of two histograms over the same bins: Σ (p − q)·ln(p / q). A bin that is empty on one side
 * counts as half a row there, so that the index stays finite.
 */
export function populationStabilityIndex(expected: readonly number[], actual: readonly number[]): number {
  const [n, m] = [total(expected), total(actual)]
  return expected.reduce((sum, count, i) => {
    const other = actual[i] as number
    if (count === 0 && other === 0) return sum
    const [p, q] = [Math.max(count, 0.5) / n, Math.max(other, 0.5) / m]
    return sum + (p - q) * Math.log(p / q)
  }, 0)
}

/** How an index becomes a breach. */
export interface PsiLimit {
  /** How seldom an index without drift may exceed it by chance. */
  readonly falseAlarms: number
  /** Shifts below it are of no interest, however sure they are. */
  readonly least: number
}

/** One false alarm in a thousand columns and windows; below 0.1 a shift is commonly called none. */
export const defaultPsiLimit: PsiLimit = { falseAlarms: 0.001, least: 0.1 }

/**
 * What the index of n and m rows in so many bins exceeds by chance that seldom: without drift it is about
 * (1/n + 1/m)·χ² with bins − 1 degrees of freedom, so that few rows need a higher limit.
 */
export function psiLimit(n: number, m: number, bins: number, { falseAlarms, least } = defaultPsiLimit): number {
  if (bins < 2) return least
  return Math.max(least, (1 / n + 1 / m) * chiSquareQuantile(falseAlarms, bins - 1))
}

/** Jensen–Shannon distance to base 2 of two histograms over the same bins: 0 for the same, 1 for nothing in common. */
export function jensenShannonDistance(expected: readonly number[], actual: readonly number[]): number {
  const [n, m] = [total(expected), total(actual)]
  let divergence = 0
  for (let i = 0; i < expected.length; i++) {
    const [p, q] = [(expected[i] as number) / n, (actual[i] as number) / m]
    const mean = (p + q) / 2
    if (p > 0) divergence += (p * Math.log2(p / mean)) / 2
    if (q > 0) divergence += (q * Math.log2(q / mean)) / 2
  }
  return Math.sqrt(Math.max(0, divergence))
}

/**
 * How probable a Kolmogorov–Smirnov statistic of at least d is when n and m rows are of one distribution, by the
 * asymptotic distribution with Stephens' correction.
 */
export function kolmogorovSmirnovP(d: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m))
  const lambda = (root + 0.12 + 0.11 / root) * d
  // The series does not converge near zero, where it is one.
  if (lambda < 0.2) return 1
  let p = 0
  for (let k = 1; k <= 100; k++) {
    const term = 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * (k * lambda) ** 2)
    p += term
    if (Math.abs(term) < 1e-17) break
  }
  return Math.min(1, Math.max(0, p))
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
