import type { Stream } from '../../contract/index.js'
import { ModelError } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import { lastPromoted, type ModelRun, recordModelRuns } from './modelRuns.js'
import type { LakeModel } from './streamModels.js'

/** What the pointer was moved to, and from. */
export interface Promotion {
  readonly version: string
  readonly previous: string | undefined
}

/** What a row of `model_runs` says of a promotion, besides what follows from it. */
export type PromotionNote = Pick<ModelRun, 'runId' | 'auc' | 'championAuc' | 'margin' | 'threshold' | 'reason'>

/**
 * Makes a version champion, and records it. A process that ends in between leaves a promotion without a row, which the
 * next one records.
 *
 * @throws ModelError MODEL_MISSING, MODEL_MISMATCH when the version is not whole: the champion stays
 */
export async function promoteVersion(
  lake: Lake,
  stream: Stream,
  model: LakeModel,
  version: string,
  note: PromotionNote,
): Promise<Promotion> {
  return movePointer(lake, stream, model, { ...note, event: 'promoted', version })
}

/**
 * Makes the version champion that was it before, and records it.
 * @throws ModelError MODEL_MISSING when there was none, or it is not whole any more: the champion stays
 */
export async function rollbackModel(lake: Lake, stream: Stream, model: LakeModel): Promise<Promotion> {
  const pointer = await model.versions.pointer()
  if (pointer?.previous === undefined) {
    const what = pointer === undefined ? 'has no champion' : `has no champion before version ${pointer.version}`
    throw new ModelError('MODEL_MISSING', `Model ${model.name} ${what}. Choose a version with lake models promote.`, {
      data: { model: model.name },
    })
  }
  const reason = `Taken back from version ${pointer.version}.`
  return movePointer(lake, stream, model, { event: 'rolled_back', version: pointer.previous, reason })
}

/** Moves the pointer, and records what has happened. */
export async function movePointer(
  lake: Lake,
  stream: Stream,
  { name, versions }: LakeModel,
  run: PromotionNote & Pick<ModelRun, 'event'> & { readonly version: string },
): Promise<Promotion> {
  await recordUnrecorded(lake, stream, { name, versions })
  const before = await versions.pointer()
  const { card } = await versions.load(run.version)
  const { previous } = await versions.point(run.version)
  const digest = card.sha256
  await recordModelRuns(lake, [{ ...run, stream: stream.name, model: name, digest, championVersion: before?.version }])
  return { version: run.version, previous }
}

/** Records a champion that no row tells of. */
export async function recordUnrecorded(
  lake: Lake,
  stream: Stream,
  { name, versions }: Pick<LakeModel, 'name' | 'versions'>,
): Promise<void> {
  const pointer = await versions.pointer()
  if (pointer === undefined || (await lastPromoted(lake, name)) === pointer.version) return
  const reason =
    'Found as champion without a row: it came with the lake, was put there by hand, or its process ended before it could record it.'
  await recordModelRuns(lake, [
    { stream: stream.name, model: name, event: 'promoted', version: pointer.version, reason },
  ])
}
