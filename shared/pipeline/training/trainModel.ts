import { isDeepStrictEqual } from 'node:util'

import type { Stream } from '../../contract/index.js'
import type { ModelCard } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import type { ChampionEvaluation } from './championScores.js'
import { checkOnnx } from './checkOnnx.js'
import type { Evaluation } from './evaluateScores.js'
import { pinnedNote } from './followedAlias.js'
import { modelFiles } from './modelFiles.js'
import { type ModelRun, recordModelRuns } from './modelRuns.js'
import { presentChampion } from './presentChampion.js'
import { promoteVersion, recordUnrecorded } from './promotion.js'
import { decide } from './promotionRule.js'
import { type LakeModel, lakeModelOf } from './streamModels.js'
import { type Tracking, trackTraining } from './tracking.js'
import { trainCandidate, type TrainedCandidate, type TrainOptions } from './trainCandidate.js'
import { trainingRecord } from './trainingRecord.js'

/** What a training came to. */
export type TrainOutcome =
  | { readonly kind: 'refused'; readonly stream: string; readonly why: string }
  | {
      readonly kind: 'trained'
      readonly stream: string
      readonly model: string
      readonly runId: string
      readonly seed: number
      readonly rows: number
      readonly datasetVersion: number
      readonly threshold: number
      readonly evaluation: Evaluation
      readonly champion: ChampionEvaluation | undefined
      /** The version that was registered, or was before with the same file. */
      readonly version: string | undefined
      readonly promoted: boolean
      /** Why it was promoted, or not. */
      readonly why: string
      /** What is to be known of the rows that it was trained on. */
      readonly note: string | undefined
      /** On an MLflow server, where one is set. */
      readonly tracking: Tracking | undefined
    }

/**
 * Trains a stream's model and records it in `model_runs`. When it is to be registered it becomes a version in the lake's
 * folder, unless it is one already, and champion if it beats the present one on the same held-out rows by
 * MODEL_PROMOTION_MARGIN.
 *
 * @throws ModelError MODEL_MISMATCH when the ONNX file does not score as the training does
 */
export async function trainModel(
  lake: Lake,
  stream: Stream,
  options: TrainOptions & { readonly register?: boolean | undefined } = {},
): Promise<TrainOutcome> {
  const model = lakeModelOf(lake, stream)
  if (model !== undefined) await recordUnrecorded(lake, stream, model)
  const champion = model === undefined ? undefined : await presentChampion(lake, stream, model)
  const training = await trainCandidate(lake, stream, champion, options)
  if (training.kind === 'refused' || model === undefined) {
    const why = training.kind === 'refused' ? training.why : `the stream ${stream.name} declares no model.`
    if (model !== undefined) {
      const { name } = model
      const datasetVersion = training.kind === 'refused' ? training.datasetVersion : undefined
      await recordModelRuns(lake, [{ stream: stream.name, model: name, event: 'refused', datasetVersion, reason: why }])
    }
    return { kind: 'refused', stream: stream.name, why }
  }
  const { trained } = training
  const run = runOf(stream, model, trained, lake.settings.modelPromotionMargin)
  const made = modelFiles({ stream, ...trained, record: trainingRecord(lake, stream, trained) })
  await checkOnnx(lake, made.scored(model.name), trained.heldOut, trained.candidate.scores)
  const isSame = (card: ModelCard) =>
    card.sha256 === made.digest && isDeepStrictEqual(card.features, trained.candidate.features)
  const isChampion = champion !== undefined && isSame(champion.card)
  const { promotes, why } = decide(trained, lake.settings.modelPromotionMargin, isChampion)
  if (options.register !== true) {
    await recordModelRuns(lake, [{ ...run, event: 'trained', digest: made.digest }])
    return outcomeOf(stream, model, trained, { version: undefined, promoted: false, why, tracking: undefined })
  }
  const known = await model.versions.find(isSame)
  const files =
    known === undefined
      ? await model.versions.register((version, folder) => made.files(model.name, version, folder))
      : await model.versions.loadAll(known.version)
  const { version } = files.card
  const again = known === undefined || isChampion ? [] : [`It is version ${version}, which was registered before.`]
  const pinned = promotes ? pinnedNote(lake, stream, model) : undefined
  const reason = [why, ...again, pinned ?? ''].join(' ').trimEnd()
  const registered = { ...run, version, digest: made.digest }
  await recordModelRuns(lake, [
    { ...registered, event: 'trained' },
    ...(known === undefined ? [{ ...registered, event: 'registered' as const }] : []),
    ...(promotes ? [] : [{ ...registered, event: 'refused' as const, reason }]),
  ])
  if (promotes) await promoteVersion(lake, stream, model, version, { ...run, reason })
  const tracking = await trackTraining(lake, stream, model, files, promotes)
  return outcomeOf(stream, model, trained, { version, promoted: promotes, why: reason, tracking })
}

function runOf(
  stream: Stream,
  model: LakeModel,
  { runId, candidate, evaluation, champion, dataset, startedAt, endedAt }: TrainedCandidate,
  margin: number,
): Omit<ModelRun, 'event'> {
  return {
    stream: stream.name,
    model: model.name,
    runId,
    seed: candidate.options.seed,
    rows: dataset.rows,
    datasetVersion: dataset.version,
    auc: evaluation.auc,
    precisionAt1: evaluation.precisionAt1,
    championVersion: champion?.version,
    championAuc: champion?.evaluation?.auc,
    margin,
    threshold: candidate.threshold,
    durationSeconds: (endedAt - startedAt) / 1000,
  }
}

function outcomeOf(
  stream: Stream,
  model: LakeModel,
  { runId, candidate, dataset, evaluation, champion, note }: TrainedCandidate,
  kept: Pick<Extract<TrainOutcome, { kind: 'trained' }>, 'version' | 'promoted' | 'why' | 'tracking'>,
): TrainOutcome {
  return {
    kind: 'trained',
    stream: stream.name,
    model: model.name,
    runId,
    seed: candidate.options.seed,
    rows: dataset.rows,
    datasetVersion: dataset.version,
    threshold: candidate.threshold,
    evaluation,
    champion,
    note,
    ...kept,
  }
}
