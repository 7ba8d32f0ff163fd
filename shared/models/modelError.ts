import { CodedError } from '../errors.js'

/** What keeps a model from scoring, as a closed list. */
export const modelErrorCodes = [
  /** A pointer names a version whose files are not there. */
  'MODEL_MISSING',
  /** The files are not what their description says, or the description cannot be read. */
  'MODEL_MISMATCH',
  /** The model took more time or memory than it may. */
  'MODEL_LIMIT',
  /** The runtime failed over the model. */
  'MODEL_RUNTIME',
  /** The runtime does not start, for any model: not the model is to be mended but what is installed here. */
  'MODEL_RUNTIME_START',
] as const

/** As `error_code` of `cluster_logs` has it. */
export type ModelErrorCode = (typeof modelErrorCodes)[number]

/** What is wrong with a model, or with what runs it. */
export class ModelError extends CodedError<ModelErrorCode> {}

/** Whether the runtime did not start: no other model would fare better, and none is to blame. */
export function isRuntimeStart(error: unknown): error is ModelError {
  return error instanceof ModelError && error.code === 'MODEL_RUNTIME_START'
}
