import { ModelError, type ModelFiles, openOnnxScorer } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import type { FeatureRows } from './featureRows.js'

const maxChecked = 2_000
const tolerance = 1e-6

/**
 * Scores rows with the ONNX file as gold will, golden vectors first.
 *
 * @param scores what the training makes of the same rows
 * @throws ModelError MODEL_MISMATCH when the two differ by more than a millionth
 */
export async function checkOnnx(
  { settings }: Lake,
  files: ModelFiles,
  { values, width, rows }: FeatureRows,
  scores: Float32Array,
): Promise<void> {
  const scorer = await openOnnxScorer(files, {
    timeoutMs: settings.modelTimeout,
    memoryLimit: settings.modelMemoryLimit,
  })
  try {
    const checked = Math.min(rows, maxChecked)
    const found = await scorer.score(values.slice(0, checked * width), checked)
    for (const [row, score] of found.entries()) {
      const wanted = scores[row] as number
      if (Object.is(score, wanted) || Math.abs(score - wanted) <= tolerance) continue
      throw new ModelError(
        'MODEL_MISMATCH',
        `ONNX Runtime scores a row of the new model with ${score}, and training with ${wanted}; nothing was registered. This is a fault of the training: please report it.`,
        { data: { model: files.card.name, row } },
      )
    }
  } finally {
    await scorer.close()
  }
}
