import type { ModelCard } from '../card/index.js'
import { ModelError } from '../modelError.js'

/** The error of a model that is not what its description says, or that cannot be used for rows. */
export function mismatch({ name, version }: ModelCard, what: string, cause?: unknown): ModelError {
  return new ModelError(
    'MODEL_MISMATCH',
    `Model ${name}, version ${version}: ${what}. Promote a version that fits, or put a right one there.`,
    { cause, data: { model: name, version } },
  )
}
