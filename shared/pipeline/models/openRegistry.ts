import type { Stream } from '../../contract/index.js'
import { ModelError, type ModelSource } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace } from './modelPlace.js'

/**
 * The MLflow server that the settings name, as the source of a stream's model. Nothing is asked of it yet.
 * @throws ModelError MODEL_MISSING when they name none; MlflowError MLFLOW_BAD_ADDRESS
 */
export async function openRegistry(lake: Lake, stream: Stream, place: ModelPlace): Promise<ModelSource> {
  const { MlflowModelSource, openMlflow } = await import('../../models/mlflow/index.js')
  const { settings, store } = lake
  const server = openMlflow(settings, store)
  if (server === undefined || place.uri.kind !== 'registry') {
    throw new ModelError(
      'MODEL_MISSING',
      `The model of ${stream.name} is ${place.text}, and no server is set that could be asked for it. Set MLFLOW_TRACKING_URI.`,
      { data: { uri: place.text } },
    )
  }
  const { name, select } = place.uri
  const features = stream.model?.features ?? []
  return new MlflowModelSource(server, {
    name,
    select,
    stream: stream.name,
    features,
    output: stream.model?.output,
    maxBytes: settings.modelMemoryLimit,
  })
}

/** Seconds without a byte that a run of gold waits for its first model. */
const longestWait = 30

/** The same for whoever holds up events while it is asked: once, and not for long. */
export function openRegistryOnce(lake: Lake, stream: Stream, place: ModelPlace): Promise<ModelSource> {
  const { mlflowHttpRequestTimeout: timeout } = lake.settings
  const settings = {
    ...lake.settings,
    mlflowHttpRequestMaxRetries: 0,
    mlflowHttpRequestTimeout: Math.min(timeout, longestWait),
  }
  return openRegistry({ ...lake, settings }, stream, place)
}
