import { encodeOnnx } from '../onnx/index.js'
import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { averagePathLength } from './pathLength.js'

/** The tensors' names: rows × features; rows × 1. */
export const forestTensors = { input: 'features', output: 'score' } as const

/** What ONNX Runtime says that the file of a forest takes and gives. */
export function forestTensorTypes({ features }: Pick<IsolationForest, 'features'>) {
  const { input, output } = forestTensors
  return {
    inputs: [{ name: input, type: 'float32', shape: ['rows', features] }],
    outputs: [{ name: output, type: 'float32', shape: ['rows', 1] }],
  } as const
}

/**
 * The forest as a `.onnx` file: the trees' average path length as a tree ensemble, and 2^(−length / c(ψ)) of it. A row
 * that holds NaN scores NaN, as in {@link ForestWalk}.
 */
export function encodeForest(forest: IsolationForest): Uint8Array {
  const { input, output } = forestTensors
  const { features, sampleSize } = forest
  const { inputs, outputs } = forestTensorTypes(forest)
  return encodeOnnx({
    name: 'isolation_forest',
    inputs,
    outputs,
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
  const { tree, id, left, right, value } = nodes
  const leaves = Int32Array.from(right.keys()).filter(node => right[node] === 0)
  return {
    aggregate_function: 'AVERAGE',
    post_transform: 'NONE',
    n_targets: 1n,
    nodes_treeids: tree,
    nodes_nodeids: id,
    nodes_featureids: nodes.feature,
    nodes_modes: Array.from(right, child => (child === 0 ? 'LEAF' : 'BRANCH_LEQ')),
    nodes_values: value.map((threshold, node) => (right[node] === 0 ? 0 : threshold)),
    nodes_truenodeids: left,
    nodes_falsenodeids: right,
    nodes_missing_value_tracks_true: new Int32Array(tree.length),
    target_treeids: leaves.map(node => tree[node] as number),
    target_nodeids: leaves.map(node => id[node] as number),
    target_ids: new Int32Array(leaves.length),
    target_weights: Float32Array.from(leaves, node => value[node] as number),
  } as const
}

/** One entry a node in each array. */
interface EnsembleNodes {
  readonly tree: Int32Array
  /** Counted within the tree. */
  readonly id: Int32Array
  readonly feature: Int32Array
  /** The threshold; of a leaf, its path length. */
  readonly value: Float32Array
  /** Ids of the children; both 0 for a leaf. */
  readonly left: Int32Array
  readonly right: Int32Array
}

/** The nodes of all trees that a walk can come by, level by level: not the copies below a leaf. */
function reachedNodes(forest: IsolationForest): EnsembleNodes {
  const { trees, feature, threshold, pathLength } = forest
  const inner = nodesPerTree(forest)
  const places = Array.from({ length: trees }, (_, tree) => reachedPlaces(threshold, tree * inner, inner))
  const count = places.reduce((sum, { length }) => sum + length, 0)
  const ints = () => new Int32Array(count)
  const nodes = {
    tree: ints(),
    id: ints(),
    feature: ints(),
    value: new Float32Array(count),
    left: ints(),
    right: ints(),
  }
  let node = 0
  for (const [tree, reached] of places.entries()) {
    let children = 1
    for (const [id, place] of reached.entries()) {
      const at = tree * inner + place
      nodes.tree[node] = tree
      nodes.id[node] = id
      if (place < inner && threshold[at] !== Infinity) {
        nodes.feature[node] = feature[at] as number
        nodes.value[node] = threshold[at] as number
        nodes.left[node] = children++
        nodes.right[node] = children++
      } else nodes.value[node] = pathLength[tree * (inner + 1) + firstEnd(place, inner) - inner] as number
      node++
    }
  }
  return nodes
}

/** The places of the nodes of one tree, whose thresholds begin at `from`. */
function reachedPlaces(threshold: Float32Array, from: number, inner: number): Int32Array {
  const places = new Int32Array(2 * inner + 1)
  let count = 1
  for (let id = 0; id < count; id++) {
    const place = places[id] as number
    if (place >= inner || threshold[from + place] === Infinity) continue
    places[count++] = 2 * place + 1
    places[count++] = 2 * place + 2
  }
  return places.slice(0, count)
}

/** The first end below a node: that of a walk which always goes left. */
function firstEnd(place: number, inner: number): number {
  let end = place
  while (end < inner) end = 2 * end + 1
  return end
}
