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

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
