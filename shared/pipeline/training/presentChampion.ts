import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import { ModelError, type ModelFiles } from '../../models/index.js'
import { digestTag, MlflowModelSource, openMlflow } from '../../models/mlflow/index.js'
import type { Lake } from '../lake/index.js'
import { promotedAlias } from './followedAlias.js'
import type { LakeModel } from './streamModels.js'

/**
 * The model that a new one must beat: where gold takes its model from a server, what the alias there names now, whether
 * it was copied into the lake yet or not; else what the lake's pointer names.
 *
 * A champion that cannot be loaded is none, and is replaced by what can. A server that does not answer leaves the copy
 * that gold scores with, or what the lake's pointer names.
 */
export async function presentChampion(lake: Lake, stream: Stream, model: LakeModel): Promise<ModelFiles | undefined> {
  try {
    const registered = await registeredChampion(lake, stream, model)
    if (registered !== 'unknown') return registered
    const copy = await model.champion()
    if (copy !== undefined || model.uri.kind === 'lake') return copy
    const pointer = await model.versions.pointer()
    return pointer === undefined ? undefined : await model.versions.load(pointer.version)
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown
    lake.log.warn(`The champion of ${model.name} is not compared with: ${asError(thrown).message}`, {
      stream: stream.name,
    })
    return undefined
  }
}

/** @returns `unknown` where no server says it: there is none, or it does not answer */
async function registeredChampion(
  lake: Lake,
  stream: Stream,
  model: LakeModel,
): Promise<ModelFiles | undefined | 'unknown'> {
  const { uri } = model
  const server = uri.kind === 'registry' ? openMlflow(lake.settings, lake.store) : undefined
  if (uri.kind === 'lake' || server === undefined) return 'unknown'
  const { name, select } = uri
  try {
    const { registry } = server
    const byAlias = registry.hasAliases
      ? await registry.find(name, { by: 'alias', alias: promotedAlias(model) })
      : undefined
    const found = byAlias ?? (select.by === 'alias' ? undefined : await registry.find(name, select))
    if (found === undefined) return undefined
    const digest = found.tags.get(digestTag)
    const own = await model.versions.find(card => card.sha256 === digest)
    if (own !== undefined) return await model.versions.load(own.version)
    const { features = [], output } = stream.model ?? {}
    const about = { name, select, stream: stream.name, features, output, maxBytes: lake.settings.modelMemoryLimit }
    return await new MlflowModelSource(server, about).load(found.version)
  } catch (thrown) {
    if (thrown instanceof ModelError) throw thrown
    const why = asError(thrown).message
    lake.log.warn(`The champion of ${name} is taken from the lake, because the server does not tell it: ${why}`, {
      stream: stream.name,
    })
    return 'unknown'
  }
}
