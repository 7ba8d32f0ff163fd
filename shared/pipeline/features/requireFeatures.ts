import { featureColumnWords, type Stream, takesType } from '../../contract/index.js'
import type { ModelCard } from '../../models/index.js'
import { PipelineError } from '../lake/index.js'

/**
 * Checks a model's features against the contract.
 * @throws PipelineError MODEL_MISMATCH naming the feature, the column's type and the type the model needs
 */
export function requireFeatures(card: ModelCard, stream: Stream): void {
  for (const { column, kind } of card.features) {
    const type = stream.columns.find(c => c.name === column)?.type
    if (type !== undefined && takesType(kind, type)) continue
    const found = type === undefined ? 'has no such column' : `has it as ${typeof type === 'string' ? type : type.type}`
    throw new PipelineError(
      'MODEL_MISMATCH',
      `Model ${card.name}, version ${card.version}, needs the column ${column} as ${featureColumnWords[kind]}, and the contract of ${stream.name} ${found}. ` +
        `Train the model on the contract as it is, or promote a version that fits.`,
      { data: { model: card.name, version: card.version, stream: stream.name, column } },
    )
  }
}

/** Whether the features can be made of the stream's columns. */
export function fits(card: ModelCard, stream: Stream): boolean {
  try {
    requireFeatures(card, stream)
    return true
  } catch {
    return false
  }
}
