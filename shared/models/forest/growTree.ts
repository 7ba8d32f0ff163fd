import { averagePathLength } from './pathLength.js'

/** Rows of one length, one after the other. */
export interface Matrix {
  readonly values: Float32Array
  /** Numbers in a row. */
  readonly width: number
}

/** Where a tree is written to. */
export interface TreeArrays {
  /** For 2^depth − 1 nodes. */
  readonly feature: Uint16Array
  readonly threshold: Float32Array
  /** For 2^depth ends. */
  readonly pathLength: Float32Array
  readonly depth: number
}

interface Split {
  readonly feature: number
  readonly threshold: number
}

/** Grows one tree out of the rows that are named; their order is changed. */
export function growTree(matrix: Matrix, rows: Uint32Array, random: () => number, tree: TreeArrays): void {
  const { feature, threshold, depth } = tree
  const grow = (node: number, level: number, from: number, to: number): void => {
    const split = level === depth || to - from < 2 ? undefined : chooseSplit(matrix, rows.subarray(from, to), random)
    if (split === undefined) {
      fillBelow(tree, node, level, level + averagePathLength(to - from))
      return
    }
    feature[node] = split.feature
    threshold[node] = split.threshold
    const middle = partition(matrix, rows, from, to, split)
    grow(2 * node + 1, level + 1, from, middle)
    grow(2 * node + 2, level + 1, middle, to)
  }
  grow(0, 0, 0, rows.length)
}

/** Makes every walk that comes by a leaf end with its path length. */
export function fillBelow(
  { threshold, pathLength, depth }: TreeArrays,
  node: number,
  level: number,
  length: number,
): void {
  let first = node
  let count = 1
  for (let at = level; at < depth; at++) {
    threshold.fill(Infinity, first, first + count)
    first = 2 * first + 1
    count *= 2
  }
  const ends = first - (2 ** depth - 1)
  pathLength.fill(length, ends, ends + count)
}

/**
 * A feature at random of those in which the rows differ, and a threshold at random between its least and greatest value.
 * @returns `undefined` when all rows are the same
 */
function chooseSplit(matrix: Matrix, rows: Uint32Array, random: () => number): Split | undefined {
  const { width } = matrix
  const undrawn = Uint16Array.from({ length: width }, (_, i) => i)
  for (let left = width; left > 0; left--) {
    const at = Math.floor(random() * left)
    const feature = undrawn[at] as number
    undrawn[at] = undrawn[left - 1] as number
    const [min, max] = range(matrix, rows, feature)
    if (!(max > min)) continue
    const threshold = Math.fround(min + random() * (max - min))
    // Rounding may reach the greatest, and then nothing would be right of it.
    return { feature, threshold: threshold < max ? threshold : min }
  }
  return undefined
}

function range({ values, width }: Matrix, rows: Uint32Array, feature: number): readonly [number, number] {
  let min = Infinity
  let max = -Infinity
  for (const row of rows) {
    const value = values[row * width + feature] as number
    if (value < min) min = value
    if (value > max) max = value
  }
  return [min, max]
}

/** Brings rows that go left to the front. @returns where those that go right begin */
function partition({ values, width }: Matrix, rows: Uint32Array, from: number, to: number, split: Split): number {
  const { feature, threshold } = split
  let middle = from
  for (let i = from; i < to; i++) {
    const row = rows[i] as number
    if ((values[row * width + feature] as number) > threshold) continue
    rows[i] = rows[middle] as number
    rows[middle++] = row
  }
  return middle
}
