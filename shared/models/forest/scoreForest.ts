import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { averagePathLength } from './pathLength.js'

/** So many rows, as ranks, and one tree stay in the processor's nearest cache. */
const blockRows = 512

/**
 * Scores rows by walking the trees. Numbers are replaced by their rank among the forest's thresholds first, which are
 * whole numbers that compare as the floats do: a step is then a subtraction and a shift, and no branch that the processor
 * would have to guess.
 */
export class ForestWalk {
  readonly #forest: IsolationForest
  /** Per feature its thresholds, ascending, each once. */
  readonly #thresholds: readonly Float32Array[]
  /** Per node the rank of its threshold, and which number of the row is compared. */
  readonly #nodes: Int32Array
  readonly #ranks: Int32Array
  readonly #sums: Float64Array

  constructor(forest: IsolationForest) {
    const { features, feature, threshold } = forest
    this.#forest = forest
    const thresholds = Array.from({ length: features }, () => new Set<number>())
    for (let i = 0; i < threshold.length; i++)
      if (threshold[i] !== Infinity) thresholds[feature[i] as number]?.add(threshold[i] as number)
    this.#thresholds = thresholds.map(own => Float32Array.from(own).sort())
    this.#nodes = new Int32Array(2 * threshold.length)
    for (let i = 0; i < threshold.length; i++) {
      const f = feature[i] as number
      const t = threshold[i] as number
      this.#nodes[2 * i] = t === Infinity ? 2 ** 30 : rankOf(this.#thresholds[f] as Float32Array, t)
      this.#nodes[2 * i + 1] = f
    }
    this.#ranks = new Int32Array(blockRows * features)
    this.#sums = new Float64Array(blockRows)
  }

  /**
   * @param features row by row
   * @param trees how many of the trees, the first ones; all when absent
   * @returns one score a row, in (0, 1): above a half for what is alone earlier than rows are on average; NaN for a row
   * that holds NaN
   */
  score(features: Float32Array, rows: number, trees = this.#forest.trees): Float32Array {
    const { sampleSize } = this.#forest
    const scores = new Float32Array(rows)
    const scale = -1 / (trees * averagePathLength(sampleSize))
    for (let from = 0; from < rows; from += blockRows) {
      const count = Math.min(blockRows, rows - from)
      this.#sums.fill(0, 0, count)
      this.#rank(features, from, count)
      for (let tree = 0; tree < trees; tree++) this.#walk(tree, count)
      for (let i = 0; i < count; i++) scores[from + i] = 2 ** ((this.#sums[i] as number) * scale)
    }
    return scores
  }

  #rank(features: Float32Array, from: number, count: number): void {
    const width = this.#forest.features
    for (let f = 0; f < width; f++) {
      const thresholds = this.#thresholds[f] as Float32Array
      for (let i = 0; i < count; i++) {
        const value = features[(from + i) * width + f] as number
        this.#ranks[i * width + f] = rankOf(thresholds, value)
        // Nothing that is added makes a number of it again.
        if (Number.isNaN(value)) this.#sums[i] = NaN
      }
    }
  }

  /** Adds the tree's path lengths to the rows' sums. */
  #walk(tree: number, count: number): void {
    const { depth, pathLength, features: width } = this.#forest
    const ends = nodesPerTree(this.#forest)
    const nodes = this.#nodes.subarray(2 * tree * ends, 2 * (tree + 1) * ends)
    const lengths = pathLength.subarray(tree * (ends + 1), (tree + 1) * (ends + 1))
    const ranks = this.#ranks
    const sums = this.#sums
    let i = 0
    // Four rows at a time: each waits for its own node only.
    for (; i + 4 <= count; i += 4) {
      const a = i * width
      const [b, c, d] = [a + width, a + 2 * width, a + 3 * width]
      let [p, q, r, s] = [0, 0, 0, 0]
      for (let level = 0; level < depth; level++) {
        p = 2 * p + 1 + (((nodes[2 * p] as number) - (ranks[a + (nodes[2 * p + 1] as number)] as number)) >>> 31)
        q = 2 * q + 1 + (((nodes[2 * q] as number) - (ranks[b + (nodes[2 * q + 1] as number)] as number)) >>> 31)
        r = 2 * r + 1 + (((nodes[2 * r] as number) - (ranks[c + (nodes[2 * r + 1] as number)] as number)) >>> 31)
        s = 2 * s + 1 + (((nodes[2 * s] as number) - (ranks[d + (nodes[2 * s + 1] as number)] as number)) >>> 31)
      }
      sums[i] = (sums[i] as number) + (lengths[p - ends] as number)
      sums[i + 1] = (sums[i + 1] as number) + (lengths[q - ends] as number)
      sums[i + 2] = (sums[i + 2] as number) + (lengths[r - ends] as number)
      sums[i + 3] = (sums[i + 3] as number) + (lengths[s - ends] as number)
    }
    for (; i < count; i++) {
      let p = 0
      for (let level = 0; level < depth; level++)
        p =
          2 * p + 1 + (((nodes[2 * p] as number) - (ranks[i * width + (nodes[2 * p + 1] as number)] as number)) >>> 31)
      sums[i] = (sums[i] as number) + (lengths[p - ends] as number)
    }
  }
}

/** How many of the thresholds are below the value; all of them for NaN, which is not ≤ any. */
function rankOf(thresholds: Float32Array, value: number): number {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= (thresholds[middle] as number)) high = middle
    else low = middle + 1
  }
  return low
}
