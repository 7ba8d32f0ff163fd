import { decodeForest, forestTensorTypes, ForestWalk } from '../forest/index.js'
import type { ModelFiles } from '../modelSource.js'
import { checkCard, type ModelLimits, openOnnxScorer, type Scorer } from '../onnx/index.js'
import { ForestScorer } from './forestScorer.js'

/**
 * Makes a model ready to score. A file that is one of our own isolation forests, byte for byte and whoever it is from, is
 * scored by walking its trees: ONNX Runtime, which takes seconds of the processor to load so many nodes, is not started.
 * Any other file is scored by ONNX Runtime. Either is held against its card.
 *
 * @throws ModelError as `openOnnxScorer`
 */
export async function openScorer(files: ModelFiles, limits: ModelLimits): Promise<Scorer> {
  const forest = decodeForest(files.onnx)
  if (forest === undefined) return await openOnnxScorer(files, limits)
  const scorer = new ForestScorer(new ForestWalk(forest), forest.features)
  const { inputs, outputs } = forestTensorTypes(forest)
  await checkCard(scorer, files.card, inputs, outputs)
  return scorer
}
