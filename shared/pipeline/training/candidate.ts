import { describeColumn, type Reference } from '../../models/drift/index.js'
import { type ForestOptions, ForestWalk, type IsolationForest, trainForest } from '../../models/forest/index.js'
import type { Feature } from '../../models/index.js'
import { featureNames } from '../../models/index.js'
import { columnOf, type FeatureRows } from './featureRows.js'

/** A forest that was grown, and what it makes of the rows it has not seen. */
export interface Candidate {
  readonly features: readonly Feature[]
  readonly options: ForestOptions
  readonly forest: IsolationForest
  /** Rows that it was grown from. */
  readonly rows: number
  /** Of the held-out rows, in their order. */
  readonly scores: Float32Array
  /** Scores above it are anomalies: one in a hundred of the usual held-out rows. */
  readonly threshold: number
  readonly reference: Reference
}

const usualShare = 0.99

/** Grows a forest on the training rows, and scores the held-out ones. */
export function growCandidate(
  features: readonly Feature[],
  training: FeatureRows,
  heldOut: FeatureRows,
  anomalies: Uint8Array,
  options: ForestOptions,
): Candidate {
  const forest = trainForest(training, options)
  const walk = new ForestWalk(forest)
  const scores = walk.score(heldOut.values, heldOut.rows)
  const usual = scores.filter((score, row) => anomalies[row] === 0 && !Number.isNaN(score)).sort()
  const threshold = usual[Math.min(usual.length - 1, Math.floor(usual.length * usualShare))] ?? 0.5
  const columns = featureNames(features).map((name, i) => describeColumn(name, columnOf(training, i)))
  // Rows that the forest was grown from score lower than others do: the score's reference is of the held-out ones.
  const reference = { rows: training.rows, columns: [...columns, describeColumn('score', usual)] }
  return { features, options, forest, rows: training.rows, scores, threshold, reference }
}

/** How the held-out rows score with the first trees alone: each count of trees, and the scores. */
export function* scoresByTrees(
  { forest }: Candidate,
  heldOut: FeatureRows,
): Generator<readonly [trees: number, scores: Float32Array]> {
  const walk = new ForestWalk(forest)
  for (let trees = 10; trees < forest.trees; trees += 10) yield [trees, walk.score(heldOut.values, heldOut.rows, trees)]
}
