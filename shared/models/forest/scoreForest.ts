import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { infiniteKey, type KeyRange, keyRanges, orderedKeys } from './orderedKeys.js'
import { averagePathLength } from './pathLength.js'

/** Rows that go down the trees together: their numbers stay in the processor's second cache. */
const mostRows = 16_384
const fewestRows = 512
const mostKeys = 2 ** 20

/** Which rows a node has: places in the block. */
type Rows = Uint16Array

/**
 * Scores rows by walking the trees, all rows of a block together: each node parts the rows that have come to it in two,
 * until they come to a leaf. A node is read once for all of its rows; whether a row goes right is the sign of a
 * subtraction, and no branch that the processor would have to guess.
 */
export class ForestWalk {
  readonly #forest: IsolationForest
  readonly #nodes: number
  /** Per node the key of its threshold. */
  readonly #thresholds: Int32Array
  readonly #ranges: readonly (KeyRange | undefined)[]
  readonly #blockRows: number
  /** Per feature with a threshold the keys of the block's numbers. */
  readonly #columns: readonly Int32Array[]
  readonly #sums: Float64Array
  /** The rows of the nodes of a level and, at the same places, of the next one. */
  readonly #rows: readonly [Rows, Rows]
  /** The tree that rows go down now. */
  #tree = 0

  constructor(forest: IsolationForest) {
    const { features, feature, threshold } = forest
    this.#forest = forest
    this.#nodes = nodesPerTree(forest)
    this.#thresholds = orderedKeys(threshold.slice())
    this.#ranges = keyRanges(features, feature, this.#thresholds)
    this.#blockRows = Math.max(fewestRows, Math.min(mostRows, Math.floor(mostKeys / features)))
    this.#columns = this.#ranges.map(range => new Int32Array(range === undefined ? 0 : this.#blockRows))
    this.#sums = new Float64Array(this.#blockRows)
    this.#rows = [new Uint16Array(this.#blockRows), new Uint16Array(this.#blockRows)]
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
    for (let from = 0; from < rows; from += this.#blockRows) {
      const count = Math.min(this.#blockRows, rows - from)
      this.#load(features, from, count)
      for (this.#tree = 0; this.#tree < trees; this.#tree++) this.#descendAll(count)
      for (let i = 0; i < count; i++) scores[from + i] = 2 ** ((this.#sums[i] as number) * scale)
    }
    return scores
  }

  /** The block's numbers as keys, column by column. */
  #load(features: Float32Array, from: number, count: number): void {
    const width = this.#forest.features
    const sums = this.#sums.fill(0, 0, count)
    const floats = new Float32Array(count)
    for (const [f, range] of this.#ranges.entries()) {
      for (let i = 0; i < count; i++) {
        const value = features[(from + i) * width + f] as number
        floats[i] = value
        // Nothing that is added makes a number of it again.
        if (Number.isNaN(value)) sums[i] = NaN
      }
      if (range === undefined) continue
      const column = this.#columns[f] as Int32Array
      const keys = orderedKeys(floats)
      for (let i = 0; i < count; i++) column[i] = Math.max(range.lowest, Math.min(range.above, keys[i] as number))
    }
  }

  #descendAll(count: number): void {
    const [rows] = this.#rows
    for (let i = 0; i < count; i++) rows[i] = i
    this.#descend(0, 0, 0, count)
  }

  /** Adds the path lengths of the leaves below a node to the sums of its rows. */
  #descend(node: number, level: number, from: number, to: number): void {
    const at = this.#tree * this.#nodes + node
    const threshold = node < this.#nodes ? (this.#thresholds[at] as number) : infiniteKey
    if (threshold === infiniteKey) {
      this.#add(node, level, from, to)
      return
    }
    const feature = this.#forest.feature[at] as number
    const column = this.#columns[feature] as Int32Array
    const middle =
      this.#ranges[feature]?.isNarrow === true
        ? this.#partNarrow(column, threshold, level, from, to)
        : this.#partWide(column, threshold, level, from, to)
    if (from < middle) this.#descend(2 * node + 1, level + 1, from, middle)
    if (middle < to) this.#descend(2 * node + 2, level + 1, middle, to)
  }

  #add(node: number, level: number, from: number, to: number): void {
    const nodes = this.#nodes
    let end = node
    while (end < nodes) end = 2 * end + 1
    const length = this.#forest.pathLength[this.#tree * (nodes + 1) + end - nodes] as number
    const rows = this.#rows[level % 2] as Rows
    const sums = this.#sums
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      sums[row] = (sums[row] as number) + length
    }
  }

  /**
   * Brings rows whose key is at most the threshold to the front of the next level's, and the others behind them. Each row
   * is written to both places that it may have; the next one overwrites the wrong one.
   *
   * @returns where the others begin
   */
  #partNarrow(column: Int32Array, threshold: number, level: number, from: number, to: number): number {
    const rows = this.#rows[level % 2] as Rows
    const parted = this.#rows[(level + 1) % 2] as Rows
    let left = from
    let right = to - 1
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      const goesRight = (threshold - (column[row] as number)) >>> 31
      parted[left] = row
      parted[right] = row
      left += 1 - goesRight
      right -= goesRight
    }
    return left
  }

  /** The same of keys whose difference may have 33 bits. */
  #partWide(column: Int32Array, threshold: number, level: number, from: number, to: number): number {
    const rows = this.#rows[level % 2] as Rows
    const parted = this.#rows[(level + 1) % 2] as Rows
    let left = from
    let right = to - 1
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      const key = column[row] as number
      const difference = (threshold - key) | 0
      const goesRight = (difference ^ ((threshold ^ key) & (difference ^ threshold))) >>> 31
      parted[left] = row
      parted[right] = row
      left += 1 - goesRight
      right -= goesRight
    }
    return left
  }
}
