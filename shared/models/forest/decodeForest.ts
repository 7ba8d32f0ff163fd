import { readOnnx } from '../onnx/index.js'
import { encodeForest } from './encodeForest.js'
import { fillBelow } from './growTree.js'
import { type IsolationForest, nodesPerTree } from './isolationForest.js'
import { averagePathLength } from './pathLength.js'

/**
 * What is larger is left to ONNX Runtime, which has limits: here each tree takes 2^depth places, and a turn of the walk
 * as much longer as there are trees.
 */
const most = { bytes: 2 ** 24, depth: 16, places: 2 ** 21, trees: 1_000 }

/**
 * The forest that a `.onnx` file is. Only a file that {@link encodeForest} writes, byte for byte, is one: whatever the
 * file may say of itself, and however it was made.
 *
 * @returns `undefined` for any other file
 */
export function decodeForest(onnx: Uint8Array): IsolationForest | undefined {
  if (onnx.length > most.bytes) return undefined
  try {
    const forest = readForest(onnx)
    return forest !== undefined && Buffer.compare(encodeForest(forest), onnx) === 0 ? forest : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readForest(onnx: Uint8Array): IsolationForest | undefined {
  const { nodes, constants } = readOnnx(onnx)
  const [ensemble] = nodes
  const constant = (name: string) => constants.find(one => one.name === name)
  const features = constant('zeros')?.shape[0]
  const sampleSize = sampleSizeOf(constant('negative_inverse_normal_length')?.values[0])
  if (ensemble?.operator !== 'TreeEnsembleRegressor' || features === undefined || sampleSize === undefined)
    return undefined
  const { integers, floats } = ensemble
  const list = (name: string) => integers.get(name) ?? new Int32Array()
  const table = {
    tree: list('nodes_treeids'),
    feature: list('nodes_featureids'),
    left: list('nodes_truenodeids'),
    right: list('nodes_falsenodeids'),
    threshold: floats.get('nodes_values') ?? new Float32Array(),
    weights: floats.get('target_weights') ?? new Float32Array(),
  }
  const places = placesOf(table)
  return places === undefined ? undefined : treesOf(table, places, { features, sampleSize })
}

/** Nodes one tree after the other, each tree level by level. */
interface NodeTable {
  readonly tree: Int32Array
  readonly feature: Int32Array
  /** Children, counted within the tree; 0 for a leaf. */
  readonly left: Int32Array
  readonly right: Int32Array
  readonly threshold: Float32Array
  /** Path lengths of the leaves, in the order of the nodes. */
  readonly weights: Float32Array
}

/** The place of each node in a complete tree; `undefined` when they make no trees, or too large ones. */
function placesOf({ tree, left, right }: NodeTable): Int32Array | undefined {
  const places = new Int32Array(tree.length).fill(-1)
  let root = 0
  for (const [i, place] of places.entries()) {
    if (tree[i] !== tree[i - 1]) {
      root = i
      places[i] = 0
    }
    const at = i === root ? 0 : place
    if (at < 0 || at >= 2 ** (most.depth + 1) - 1) return undefined
    for (const [side, child] of [left[i] ?? 0, right[i] ?? 0].entries())
      if (child !== 0 && root + child < places.length) places[root + child] = 2 * at + 1 + side
  }
  return places
}

function treesOf(
  { tree, feature, right, threshold, weights }: NodeTable,
  places: Int32Array,
  about: Pick<IsolationForest, 'features' | 'sampleSize'>,
): IsolationForest | undefined {
  const trees = (tree.at(-1) ?? -1) + 1
  const depth = levelOf(places.reduce((deepest, place) => Math.max(deepest, place), 0))
  const inner = nodesPerTree({ depth })
  if (trees === 0 || trees > most.trees || depth > most.depth || trees * (inner + 1) > most.places) return undefined
  const forest = {
    ...about,
    trees,
    depth,
    feature: new Uint16Array(trees * inner),
    threshold: new Float32Array(trees * inner),
    pathLength: new Float32Array(trees * (inner + 1)),
  }
  let leaf = 0
  for (const [i, place] of places.entries()) {
    const [from, ends] = [(tree[i] as number) * inner, (tree[i] as number) * (inner + 1)]
    if (right[i] !== 0) {
      if ((feature[i] as number) >= about.features || !Number.isFinite(threshold[i])) return undefined
      forest.feature[from + place] = feature[i] as number
      forest.threshold[from + place] = threshold[i] as number
      continue
    }
    const own = {
      feature: forest.feature,
      threshold: forest.threshold.subarray(from, from + inner),
      pathLength: forest.pathLength.subarray(ends, ends + inner + 1),
      depth,
    }
    fillBelow(own, place, levelOf(place), weights[leaf++] ?? NaN)
  }
  return forest
}

function levelOf(place: number): number {
  return 31 - Math.clz32(place + 1)
}

/** The ψ whose average path length has that negative inverse, as a 32-bit float. */
function sampleSizeOf(negativeInverse: number | undefined): number | undefined {
  if (negativeInverse === undefined) return undefined
  let [low, high] = [2, 2 ** 31]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (Math.fround(-1 / averagePathLength(middle)) < negativeInverse) low = middle + 1
    else high = middle
  }
  return Math.fround(-1 / averagePathLength(low)) === negativeInverse ? low : undefined
}
