import { parseModelUri, type Stream } from '../../contract/index.js'
import { ModelVersions } from '../../models/index.js'
import type { Lake } from '../lake/index.js'

/** A stream's model as the lake keeps it. */
export interface LakeModel {
  readonly name: string
  readonly versions: ModelVersions
  /** Whether gold scores with the lake's own pointer, and not with a server's. */
  readonly isLocal: boolean
}

/** The model of a stream in the lake's `models/`; undefined for a stream without one. */
export function lakeModelOf(lake: Lake, stream: Stream): LakeModel | undefined {
  const uri = stream.model === undefined ? undefined : parseModelUri(stream.model.uri)
  if (uri === undefined) return undefined
  // A registered model's name may hold what a folder's cannot.
  const name = encodeURIComponent(uri.name)
  return { name, versions: new ModelVersions(lake.store.within('models'), name), isLocal: uri.kind === 'lake' }
}
