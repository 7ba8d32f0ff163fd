/**
 * Trees that split rows at random until each is alone: unusual rows are alone early. All trees lie in three arrays, each
 * as a complete binary tree of `depth` levels: the children of node i are 2i + 1 (value ≤ threshold) and 2i + 2. A node
 * below a leaf has the threshold +Infinity, so that every walk takes `depth` steps and ends at the bottom.
 */
export interface IsolationForest {
  /** Numbers in a row. */
  readonly features: number
  readonly trees: number
  readonly depth: number
  /** Rows that each tree was grown from, ψ. */
  readonly sampleSize: number
  /** Per tree 2^depth − 1 nodes: which number of the row is compared. */
  readonly feature: Uint16Array
  /** Per tree 2^depth − 1 nodes: what it is compared with. NaN is not ≤ anything, and goes right. */
  readonly threshold: Float32Array
  /** Per tree 2^depth ends: splits to the leaf, and c(n) for the n rows that it holds. */
  readonly pathLength: Float32Array
}

/** Nodes with a threshold, per tree. */
export function nodesPerTree({ depth }: Pick<IsolationForest, 'depth'>): number {
  return 2 ** depth - 1
}
