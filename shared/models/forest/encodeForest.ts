import { encodeOnnx } from '../onnx/index.js'
import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { averagePathLength } from './pathLength.js'

/** The tensors' names: rows × features; rows × 1. */
export const forestTensors = { input: 'features', output: 'score' } as const

/**
 * The forest as a `.onnx` file: the trees' average path length as a tree ensemble, and 2^(−length / c(ψ)) of it. A row
 * that holds NaN scores NaN, as in {@link ForestWalk}.
 */
export function encodeForest(forest: IsolationForest): Uint8Array {
  const { input, output } = forestTensors
  const { features, sampleSize } = forest
  return encodeOnnx({
    name: 'isolation_forest',
    inputs: [{ name: input, shape: ['rows', features] }],
    outputs: [{ name: output, shape: ['rows', 1] }],
    constants: [
      { name: 'negative_inverse_normal_length', shape: [1], values: [-1 / averagePathLength(sampleSize)] },
      { name: 'two', shape: [1], values: [2] },
      { name: 'zeros', shape: [features, 1], values: new Array<number>(features).fill(0) },
    ],
    nodes: [
      {
        operator: 'TreeEnsembleRegressor',
        domain: 'ai.onnx.ml',
        inputs: [input],
        outputs: ['path_length'],
        attributes: ensembleOf(forest),
      },
      { operator: 'Mul', inputs: ['path_length', 'negative_inverse_normal_length'], outputs: ['exponent'] },
      { operator: 'Pow', inputs: ['two', 'exponent'], outputs: ['isolation'] },
      // A tree sends NaN to one side; zero times NaN is NaN.
      { operator: 'Gemm', inputs: [input, 'zeros', 'isolation'], outputs: [output] },
    ],
  })
}

function ensembleOf(forest: IsolationForest) {
  const nodes = reachedNodes(forest)
  const leaves = nodes.filter(node => node.right === 0)
  const ints = (of: readonly EnsembleNode[], value: (node: EnsembleNode) => number) => Int32Array.from(of, value)
  return {
    aggregate_function: 'AVERAGE',
    post_transform: 'NONE',
    n_targets: 1n,
    nodes_treeids: ints(nodes, n => n.tree),
    nodes_nodeids: ints(nodes, n => n.id),
    nodes_featureids: ints(nodes, n => n.feature),
    nodes_modes: nodes.map(n => (n.right === 0 ? 'LEAF' : 'BRANCH_LEQ')),
    nodes_values: Float32Array.from(nodes, n => (n.right === 0 ? 0 : n.value)),
    nodes_truenodeids: ints(nodes, n => n.left),
    nodes_falsenodeids: ints(nodes, n => n.right),
    nodes_missing_value_tracks_true: ints(nodes, () => 0),
    target_treeids: ints(leaves, n => n.tree),
    target_nodeids: ints(leaves, n => n.id),
    target_ids: ints(leaves, () => 0),
    target_weights: Float32Array.from(leaves, n => n.value),
  } as const
}

interface EnsembleNode {
  readonly tree: number
  /** Counted within the tree. */
  readonly id: number
  readonly feature: number
  /** The threshold; of a leaf, its path length. */
  readonly value: number
  /** Ids of the children; both 0 for a leaf. */
  readonly left: number
  readonly right: number
}

/** The nodes of all trees that a walk can come by, level by level: not the copies below a leaf. */
function reachedNodes(forest: IsolationForest): readonly EnsembleNode[] {
  const { trees, feature, threshold, pathLength } = forest
  const inner = nodesPerTree(forest)
  const nodes: EnsembleNode[] = []
  for (let tree = 0; tree < trees; tree++) {
    const places = [0]
    for (const [id, place] of places.entries()) {
      const at = tree * inner + place
      const isSplit = place < inner && threshold[at] !== Infinity
      const value = isSplit ? threshold[at] : pathLength[tree * (inner + 1) + firstEnd(place, inner) - inner]
      nodes.push({
        tree,
        id,
        feature: isSplit ? (feature[at] as number) : 0,
        value: value as number,
        left: isSplit ? places.length : 0,
        right: isSplit ? places.length + 1 : 0,
      })
      if (isSplit) places.push(2 * place + 1, 2 * place + 2)
    }
  }
  return nodes
}

/** The first end below a node: that of a walk which always goes left. */
function firstEnd(place: number, inner: number): number {
  let end = place
  while (end < inner) end = 2 * end + 1
  return end
}
