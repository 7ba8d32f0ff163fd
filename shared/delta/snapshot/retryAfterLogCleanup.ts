import { DeltaError } from '../deltaError.js'

/**
 * Reads a log, and once more when something that was listed is missing: log cleanup may have deleted it in between, and
 * then a checkpoint replaces it. What is missing the second time is missing.
 */
export async function retryAfterLogCleanup<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof DeltaError) || (error.code !== 'DELTA_VERSION_GAP' && error.code !== 'DELTA_FILE_MISSING'))
      throw error
    return read()
  }
}
