import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import { ModelError, type ModelFiles } from '../../models/index.js'
import {
  decodeTrainingRecord,
  type MlflowServer,
  openMlflow,
  pushModel,
  type PushOutcome,
  trainingFile,
} from '../../models/mlflow/index.js'
import type { Lake } from '../lake/index.js'
import { promotedAlias } from './followedAlias.js'
import { recordModelRuns } from './modelRuns.js'
import type { LakeModel } from './streamModels.js'

/** What became of a model on the MLflow server that the settings name. */
export type Tracking =
  | { readonly kind: 'tracked'; readonly version: string; readonly runId: string | undefined }
  /** It can be brought there later: the sentence says why it is not there, and how. */
  | { readonly kind: 'failed'; readonly why: string }

/** The MLflow server that the settings name. @throws ModelError MODEL_MISSING when they name none */
export function requireServer({ settings, store }: Lake): MlflowServer {
  const server = openMlflow(settings, store)
  if (server !== undefined) return server
  throw new ModelError(
    'MODEL_MISSING',
    'There is no MLflow server that models are brought to and promoted on. Set MLFLOW_TRACKING_URI.',
  )
}

/**
 * Brings a version to the MLflow server, with its training; one that is there already stays as it is. Records it in
 * `model_runs`.
 *
 * @param files with `more`, all that the version's folder has
 * @param alias to point to the version there
 * @throws ModelError MODEL_MISSING when no server is set, or the version was not trained here; MlflowError
 */
export async function pushVersion(
  lake: Lake,
  stream: Stream,
  model: LakeModel,
  files: ModelFiles,
  alias: string | undefined,
): Promise<PushOutcome> {
  const server = requireServer(lake)
  const { version, sha256 } = files.card
  const place = `models/${model.name}/${version}/${trainingFile}`
  const bytes = files.more?.get(trainingFile)
  if (bytes === undefined)
    throw new ModelError(
      'MODEL_MISSING',
      `${place} is not there: version ${version} of ${model.name} was not trained here. Register it with MLflow's own client.`,
      { data: { file: place } },
    )
  const target = {
    experiment: lake.settings.mlflowExperimentName.replaceAll('{stream}', stream.name),
    model: model.uri.name,
    alias,
  }
  const pushed = await pushModel(server, { files, record: decodeTrainingRecord(bytes, place) }, target)
  if (pushed.outcome === 'already there') return pushed
  const reason = `Version ${pushed.version} of ${target.model} on the MLflow server.`
  const about = { stream: stream.name, model: model.name, version, digest: sha256, mlflowRunId: pushed.runId }
  await recordModelRuns(lake, [{ ...about, event: 'pushed', reason }])
  return pushed
}

/**
 * The same after a training, when a server is set, and lets the alias follow that gold asks for: that it cannot be reached is no failure of the training.
 * @param promoted whether the version is champion now
 */
export async function trackTraining(
  lake: Lake,
  stream: Stream,
  model: LakeModel,
  files: ModelFiles,
  promoted: boolean,
): Promise<Tracking | undefined> {
  if (lake.settings.mlflowTrackingUri === undefined) return undefined
  const { version: own } = files.card
  let alias: string | undefined
  try {
    if (promoted && requireServer(lake).registry.hasAliases) alias = promotedAlias(model)
    const { version, runId } = await pushVersion(lake, stream, model, files, alias)
    return { kind: 'tracked', version, runId }
  } catch (thrown) {
    const command = `lake models push ${own}${alias === undefined ? '' : ` --alias ${alias}`}`
    const why = `Version ${own} of ${model.name} is not on the MLflow server: ${asError(thrown).message} Bring it there with ${command}.`
    lake.log.warn(why, { stream: stream.name, model: model.name })
    return { kind: 'failed', why }
  }
}
