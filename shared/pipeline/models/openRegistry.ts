import type { Stream } from '../../contract/index.js'
import { ModelError, type ModelSource } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace } from './modelPlace.js'

/**
 * The MLflow server that the settings name, as the source of a stream's model.
 * @throws ModelError MODEL_MISSING when they name none
 */
export function openRegistry(_lake: Lake, stream: Stream, place: ModelPlace): Promise<ModelSource> {
  return Promise.reject(
    new ModelError(
      'MODEL_MISSING',
      `The model of ${stream.name} is ${place.text}, and no server is set to ask for it. Set MLFLOW_TRACKING_URI.`,
      { data: { uri: place.text } },
    ),
  )
}
