import type { Stream } from '../../contract/index.js'
import { ModelError } from '../../models/index.js'
import { type AliasMove, digestTag, takeAliasBack } from '../../models/mlflow/index.js'
import type { Lake } from '../lake/index.js'
import { followedAlias, pinnedNote } from './followedAlias.js'
import { recordModelRuns } from './modelRuns.js'
import { movePointer, promoteVersion, type Promotion, rollbackModel } from './promotion.js'
import type { LakeModel } from './streamModels.js'
import { pushVersion, requireServer } from './tracking.js'

/** What a promotion or a rollback by hand has moved. */
export interface ChampionMove {
  /** The lake's pointer; undefined when the version is none that the lake has. */
  readonly lake: Promotion | undefined
  /** The alias on the server, where gold takes its model from one. */
  readonly server: AliasMove | undefined
}

/**
 * Makes a version of the lake the champion. Where gold takes its model from a server the version is brought there, and
 * the alias moves first: a server that refuses leaves all as it was.
 *
 * @throws ModelError MODEL_MISSING, MODEL_MISMATCH; MlflowError
 */
export async function promoteChampion(
  lake: Lake,
  stream: Stream,
  model: LakeModel,
  version: string,
): Promise<ChampionMove> {
  const alias = movedAlias(lake, stream, model)
  const server =
    alias === undefined
      ? undefined
      : (await pushVersion(lake, stream, model, await model.versions.loadAll(version), alias)).moved
  const note = { reason: 'By lake models promote.' }
  return { lake: await promoteVersion(lake, stream, model, version, note), server }
}

/**
 * Makes the version champion that was it before: on the server where gold takes its model from one, whoever put it there;
 * else in the lake.
 *
 * @throws ModelError MODEL_MISSING when there was none; MlflowError
 */
export async function rollbackChampion(lake: Lake, stream: Stream, model: LakeModel): Promise<ChampionMove> {
  const alias = movedAlias(lake, stream, model)
  if (alias === undefined) return { lake: await rollbackModel(lake, stream, model), server: undefined }
  const back = await takeAliasBack(requireServer(lake), { model: model.uri.name, alias })
  const { registered, ...server } = back
  const reason = `Version ${server.version} on the MLflow server, taken back from ${server.previous ?? 'none'}.`
  const digest = registered.tags.get(digestTag)
  const own = await model.versions.find(card => card.sha256 === digest)
  if (own !== undefined) {
    const run = { event: 'rolled_back', version: own.version, reason } as const
    return { lake: await movePointer(lake, stream, model, run), server }
  }
  // A version that others have put there has a number on the server only.
  const run = { stream: stream.name, model: model.name, event: 'rolled_back', version: server.version, reason } as const
  await recordModelRuns(lake, [run])
  return { lake: undefined, server }
}

/**
 * The alias that a promotion moves on a server; `undefined` for the lake's own models.
 * @throws ModelError MODEL_MISMATCH when gold follows none, but one version or a tag
 */
function movedAlias(lake: Lake, stream: Stream, model: LakeModel): string | undefined {
  const pinned = pinnedNote(lake, stream, model)
  if (pinned === undefined) return followedAlias(model.uri)
  const data = { model: model.uri.name, stream: stream.name }
  throw new ModelError('MODEL_MISMATCH', `Nothing was promoted. ${pinned}`, { data })
}
