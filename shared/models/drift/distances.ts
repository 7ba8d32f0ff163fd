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
