import type { ModelUri, Stream } from '../../contract/index.js'
import { type ModelFiles, ModelVersions } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import { modelPlace } from '../models/index.js'

/** A stream's model: the versions that were trained here, and what gold scores with. */
export interface LakeModel {
  readonly name: string
  /** As it is declared or set. */
  readonly uri: ModelUri
  /** In the lake's `models/`; also of a model that gold takes from a server. */
  readonly versions: ModelVersions
  /**
   * What gold scores with: of the lake's own models, or the copy of a server's.
   * @throws ModelError MODEL_MISSING, MODEL_MISMATCH
   */
  champion(): Promise<ModelFiles | undefined>
}

/** The model of a stream; undefined for a stream without one. @throws PipelineError MODEL_MISSING for a URI that is none */
export function lakeModelOf(lake: Lake, stream: Stream): LakeModel | undefined {
  const place = modelPlace(lake, stream)
  if (place === undefined) return undefined
  const { uri, source } = place
  // A registered model's name may hold what a folder's cannot.
  const name = encodeURIComponent(uri.name)
  return {
    name,
    uri,
    versions: new ModelVersions(lake.store.within('models'), name),
    champion: async () => {
      const champion = await source.champion()
      return champion === undefined ? undefined : await source.load(champion.version)
    },
  }
}
