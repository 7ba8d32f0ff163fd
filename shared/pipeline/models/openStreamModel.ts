import type { Stream } from '../../contract/index.js'
import { type ModelCard, type ModelFiles, type Scorer } from '../../models/index.js'
import { openScorer } from '../../models/scoring/index.js'
import { requireFeatures } from '../features/index.js'
import type { Lake } from '../lake/index.js'

/** A model that scores a stream: by the output that the stream declares, else by the one its card says. */
export interface StreamScorer {
  readonly card: ModelCard
  readonly scorer: Scorer
}

/**
 * Opens a model as it scores the events of a stream, within the limits that the settings give it. Whoever opens it closes
 * its scorer.
 *
 * @throws ModelError, PipelineError MODEL_MISMATCH when it does not fit, MODEL_LIMIT, MODEL_RUNTIME_START
 */
export async function openStreamModel(lake: Lake, stream: Stream, files: ModelFiles): Promise<StreamScorer> {
  const { modelTimeout: timeoutMs, modelMemoryLimit: memoryLimit } = lake.settings
  const output = stream.model?.output
  const card = output === undefined ? files.card : { ...files.card, output }
  requireFeatures(card, stream)
  return { card, scorer: await openScorer({ ...files, card }, { timeoutMs, memoryLimit }) }
}
