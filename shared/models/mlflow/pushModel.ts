import { logTraining, type TrackedVersion, type TrackingTarget } from './logTraining.js'
import { digestTag } from './mlflowModelSource.js'
import type { MlflowServer } from './mlflowServer.js'
import type { TrainedModel } from './modelFolder.js'
import { type AliasMove, moveAlias } from './moveAlias.js'

/** What a push has done. */
export interface PushOutcome extends Pick<TrackedVersion, 'version'> {
  readonly outcome: 'pushed' | 'already there'
  /** The run that it stands in, where that is known. */
  readonly runId: string | undefined
  /** What became of the alias, where one was named. */
  readonly moved: AliasMove | undefined
}

/**
 * Brings a model that was trained here to a server: its training as a run, its files, a version. What was brought there
 * before is found by its digest and not brought again.
 *
 * @param target.alias an alias to point to the version, `champion`; what it pointed to before is kept as `previous`
 * @throws MlflowError
 */
export async function pushModel(
  server: MlflowServer,
  trained: TrainedModel,
  target: TrackingTarget & { readonly alias?: string | undefined },
): Promise<PushOutcome> {
  const before = await server.registry.newestWithTag(target.model, digestTag, trained.files.card.sha256)
  const { version, runId } = before ?? (await logTraining(server, trained, target))
  const { model, alias } = target
  const moved = alias === undefined ? undefined : await moveAlias(server, { model, alias }, version)
  return { outcome: before === undefined ? 'pushed' : 'already there', version, runId, moved }
}
