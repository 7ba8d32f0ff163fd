import { type Json, JsonError, parseJson } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'

/**
 * Parses JSON of the log.
 *
 * @throws DeltaError DELTA_BAD_JSON that names `where`
 */
export function parseLogJson(text: string, where?: LogPlace): Json {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new DeltaError('DELTA_BAD_JSON', error.message, { cause: error.cause, where })
  }
}
