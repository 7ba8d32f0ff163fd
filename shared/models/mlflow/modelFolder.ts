import { encodeModelCard } from '../card/index.js'
import { featureNames } from '../features/index.js'
import type { ModelFiles } from '../modelSource.js'
import { encodeMlModel, environmentFiles, exampleFiles, mlmodelFile } from './mlmodelFile.js'
import { scoreSignature } from './signature.js'
import { encodeTrainingRecord, trainingFile, type TrainingRecord } from './trainingFile.js'

/** A version of a model that was trained here, whole. */
export interface TrainedModel {
  readonly files: ModelFiles
  readonly record: TrainingRecord
}

/** Where a folder stands, and what it is called there. */
export interface FolderIds {
  /** `m-…` of a logged model; undefined where there are none: in a lake, and on servers before MLflow 3. */
  readonly modelId: string | undefined
  readonly runId: string
  /** The folder's address. */
  readonly artifactUri: string
}

const maxExamples = 5

/**
 * The folder of a model in MLflow's form, files by their paths: the model, what it says of itself and of its training, an
 * input example, what Python installs to load it. `MLmodel` comes last: who finds it finds the rest.
 */
export async function modelFolder(
  { files, record }: TrainedModel,
  ids: FolderIds,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { card, onnx, external = new Map<string, Uint8Array>(), more = new Map<string, Uint8Array>() } = files
  const columns = featureNames(card.features)
  const data = (card.golden ?? []).slice(0, maxExamples).map(({ features }) => features)
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  const folder = new Map([
    ...more,
    ...environmentFiles(),
    ...external,
    ['model.onnx', onnx],
    ['model.json', encodeModelCard(card)],
    [trainingFile, encodeTrainingRecord(record)],
  ])
  if (data.length > 0) {
    folder.set(exampleFiles.example, json({ columns, data }))
    folder.set(exampleFiles.serving, json({ dataframe_split: { columns, data } }))
  }
  folder.delete(mlmodelFile)
  const size = [...folder.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0)
  const description = await encodeMlModel({
    ...ids,
    signature: scoreSignature(columns),
    size,
    createdAt: record.endedAt,
    hasInputExample: data.length > 0,
    metadata: { stream: card.stream, features: card.features, threshold: card.threshold ?? null },
  })
  return folder.set(mlmodelFile, description)
}
