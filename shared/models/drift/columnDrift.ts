import { partitionPoint } from '../../types/index.js'
import { jensenShannonDistance, kolmogorovSmirnovP } from './distances.js'
import { populationStabilityIndex, type PsiLimit, psiLimit } from './psi.js'
import type { ColumnReference } from './reference.js'

/** How far a column's rows are from those of training. */
export interface Drift {
  /** Rows that were compared, without NaN. */
  readonly n: number
  readonly psi: number
  readonly psiLimit: number
  /** Kolmogorov–Smirnov statistic and its p; of columns with many values only. */
  readonly ks: number | undefined
  readonly ksP: number | undefined
  /** Jensen–Shannon distance, base 2. */
  readonly js: number
  /** The index exceeds its limit. */
  readonly breached: boolean
}

/** Counts a column's values, however many, in the bins of its reference. */
export class ColumnDrift {
  readonly reference: ColumnReference
  readonly #edges: Float64Array
  readonly #counts: number[]
  readonly #ecdf: Float64Array
  readonly #steps: number[]
  #n = 0

  constructor(reference: ColumnReference) {
    this.reference = reference
    const numeric = reference.kind === 'numeric' ? reference : undefined
    this.#edges = Float64Array.from(reference.kind === 'numeric' ? reference.edges : reference.values)
    // One more: beyond the last edge, or a value that training never had.
    this.#counts = new Array<number>(this.#edges.length + 1).fill(0)
    this.#ecdf = Float64Array.from(numeric?.ecdf ?? [], ([value]) => value)
    this.#steps = new Array<number>(this.#ecdf.length + 1).fill(0)
  }

  add(value: number): void {
    if (Number.isNaN(value)) return
    this.#n++
    const edges = this.#edges
    // Edges below the value: the first that is not is its bin.
    let bin = countBelow(edges, value)
    if (this.reference.kind === 'discrete' && edges[bin] !== value) bin = edges.length
    this.#counts[bin] = (this.#counts[bin] as number) + 1
    if (this.#ecdf.length === 0) return
    const step = countBelow(this.#ecdf, value)
    this.#steps[step] = (this.#steps[step] as number) + 1
  }

  /** @returns `undefined` when there is nothing to compare */
  result(limit?: PsiLimit): Drift | undefined {
    const { reference } = this
    const rows = reference.counts.reduce((sum, count) => sum + count, 0)
    if (this.#n === 0 || rows === 0) return undefined
    const expected = reference.kind === 'numeric' ? reference.counts : [...reference.counts, 0]
    const psi = populationStabilityIndex(expected, this.#counts)
    const bins = expected.filter((count, i) => count > 0 || (this.#counts[i] as number) > 0).length
    const most = psiLimit(rows, this.#n, bins, limit)
    const ks = reference.kind === 'numeric' ? this.#statistic(reference.ecdf) : undefined
    return {
      n: this.#n,
      psi,
      psiLimit: most,
      ks,
      ksP: ks === undefined ? undefined : kolmogorovSmirnovP(ks, rows, this.#n),
      js: jensenShannonDistance(expected, this.#counts),
      breached: psi > most,
    }
  }

  /** The greatest difference of both distribution functions where that of training is known exactly. */
  #statistic(ecdf: readonly (readonly [number, number])[]): number {
    let [below, most] = [0, 0]
    for (const [i, [, share]] of ecdf.entries()) {
      below += this.#steps[i] as number
      most = Math.max(most, Math.abs(share - below / this.#n))
    }
    return most
  }
}

/** How many of the ascending values are below that one. */
function countBelow(sorted: Float64Array, value: number): number {
  return partitionPoint(sorted.length, i => (sorted[i] as number) < value)
}
