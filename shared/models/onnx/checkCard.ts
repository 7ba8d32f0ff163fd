import type { ModelCard } from '../card/index.js'
import { featureWidth } from '../features/index.js'
import { mismatch } from './mismatch.js'
import type { Scorer } from './scorer.js'
import { bindTensors, type OnnxTensorType } from './tensorBinding.js'

/**
 * Holds a model that somebody else scores than ONNX Runtime against its card, as `openOnnxScorer` does.
 *
 * @param inputs what the file takes, and `outputs` what it gives
 * @throws ModelError MODEL_MISMATCH
 */
export async function checkCard(
  scorer: Scorer,
  card: ModelCard,
  inputs: readonly OnnxTensorType[],
  outputs: readonly OnnxTensorType[],
): Promise<void> {
  bindTensors(card, inputs, outputs)
  await checkGolden(scorer, card)
}

// A model of another runtime's making rounds differently, but not by more.
const goldenTolerance = 1e-4

/**
 * Scores the golden vectors of a card, or where it has none two rows, of which one must have a score.
 *
 * @throws ModelError MODEL_MISMATCH
 */
export async function checkGolden(scorer: Scorer, card: ModelCard): Promise<void> {
  const width = featureWidth(card.features)
  const vectors = card.golden ?? []
  for (const [i, { features, score: wanted }] of vectors.entries()) {
    if (features.length !== width)
      throw mismatch(
        card,
        `golden[${String(i)}] has ${String(features.length)} features, and the model takes ${String(width)}`,
      )
    const [score = NaN] = await scorer.score(Float32Array.from(features), 1)
    if (wanted === undefined ? !Number.isFinite(score) : !(Math.abs(score - wanted) <= goldenTolerance)) {
      const expected = wanted === undefined ? 'a score is a number' : `its model.json says ${String(wanted)}`
      throw mismatch(card, `it scores golden[${String(i)}] with ${String(score)}, and ${expected}`)
    }
  }
  if (vectors.length > 0) return
  const probes = [0, 1].flatMap(value => new Array<number>(width).fill(value))
  const scores = await scorer.score(Float32Array.from(probes), 2)
  if (!scores.some(Number.isFinite))
    throw mismatch(
      card,
      `it scores a row of zeros and a row of ones with ${scores.join(' and ')}: no score is a number`,
    )
}
