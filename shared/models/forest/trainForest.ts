import { growTree, type Matrix } from './growTree.js'
import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { seededRandom } from './seededRandom.js'

/** Trees of a forest, and rows that each is grown from, unless the caller says otherwise. */
export const defaultForestSize = { trees: 100, sampleSize: 2_048 } as const

/** How a forest is grown. */
export interface ForestOptions {
  readonly trees: number
  /** Rows that each tree is grown from, ψ; all of them where there are fewer. */
  readonly sampleSize: number
  /** A whole number; the same seed and rows give the same forest. */
  readonly seed: number
}

/**
 * Levels beyond log2 ψ, where the published forest stops: at the same ψ they find more, mostly what is unusual for its
 * category only.
 */
const extraLevels = 2

/** Grows an isolation forest out of at least two rows of finite numbers. */
export function trainForest(matrix: Matrix, options: ForestOptions): IsolationForest {
  const { values, width } = matrix
  const rows = values.length / width
  const sampleSize = Math.min(options.sampleSize, rows)
  const depth = Math.ceil(Math.log2(sampleSize)) + extraLevels
  const { trees } = options
  const random = seededRandom(options.seed)
  const nodes = nodesPerTree({ depth })
  const feature = new Uint16Array(trees * nodes)
  const threshold = new Float32Array(trees * nodes)
  const pathLength = new Float32Array(trees * (nodes + 1))
  const all = Uint32Array.from({ length: rows }, (_, i) => i)
  for (let tree = 0; tree < trees; tree++) {
    const sample = drawSample(all, sampleSize, random)
    growTree(matrix, sample, random, {
      feature: feature.subarray(tree * nodes, (tree + 1) * nodes),
      threshold: threshold.subarray(tree * nodes, (tree + 1) * nodes),
      pathLength: pathLength.subarray(tree * (nodes + 1), (tree + 1) * (nodes + 1)),
      depth,
    })
  }
  return { features: width, trees, depth, sampleSize, feature, threshold, pathLength }
}

/** Draws without putting back: the front of the rows, shuffled. */
function drawSample(rows: Uint32Array, size: number, random: () => number): Uint32Array {
  for (let i = 0; i < size; i++) {
    const at = i + Math.floor(random() * (rows.length - i))
    const row = rows[at] as number
    rows[at] = rows[i] as number
    rows[i] = row
  }
  return rows.slice(0, size)
}
