import { type ModelUri, parseModelUri, type Stream } from '../../contract/index.js'
import { FolderModelSource } from '../../models/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { type Lake, PipelineError } from '../lake/index.js'

/** Where gold finds the model of a stream: always a folder of the lake. */
export interface ModelPlace {
  /** As it is declared or set. */
  readonly text: string
  readonly uri: ModelUri
  /** The folder, relative to the lake's root: of the lake's own models, or the copy of a server's. */
  readonly path: string
  readonly store: ObjectStore
  readonly source: FolderModelSource
}

/**
 * The place of a stream's model: what MODEL_URI says, else the stream's declaration. `undefined` for a stream that
 * declares no model.
 */
export function modelPlace(lake: Lake, stream: Stream): ModelPlace | undefined {
  if (stream.model === undefined) return undefined
  const text = lake.settings.modelUri?.replaceAll('{stream}', stream.name) ?? stream.model.uri
  const uri = parseModelUri(text)
  if (uri === undefined) {
    const remedy = 'Correct MODEL_URI, or model.uri of the stream.'
    throw new PipelineError('MODEL_MISSING', `${text} is no URI of a model. ${remedy}`, { data: { uri: text } })
  }
  // A copy of each alias has its own pointer; the encoded URI names it, whatever the model's name holds.
  const root = uri.kind === 'lake' ? 'models' : 'model_cache'
  const folder = uri.kind === 'lake' ? uri.name : encodeURIComponent(text.slice('models:/'.length))
  const path = `${root}/${folder}`
  const source = new FolderModelSource(lake.store.within(root), uri.name, folder)
  return { text, uri, path, store: lake.store.within(path), source }
}
