import { silverPath, sqlName, type Stream } from '../../contract/index.js'
import type { TrainingRecord } from '../../models/mlflow/index.js'
import type { Lake } from '../lake/index.js'
import { scoresByTrees } from './candidate.js'
import { evaluateScores, type Evaluation } from './evaluateScores.js'
import { datasetDigest } from './modelFiles.js'
import type { TrainedCandidate } from './trainCandidate.js'

/** What is to be known of a training: parameters, figures by the number of trees, the rows it used. */
export function trainingRecord(lake: Lake, stream: Stream, trained: TrainedCandidate): TrainingRecord {
  const { candidate, evaluation, champion, dataset, startedAt, endedAt } = trained
  const { trees, sampleSize, seed } = candidate.options
  const grown = [...scoresByTrees(candidate, trained.heldOut)].flatMap(([step, scores]) =>
    figures(evaluateScores(scores, trained.anomalies), step),
  )
  const once = {
    threshold: candidate.threshold,
    training_seconds: (endedAt - startedAt) / 1000,
    ...(champion?.evaluation === undefined ? {} : { champion_auc: champion.evaluation.auc }),
    ...Object.fromEntries(Object.entries(evaluation.aucByKind).map(([kind, auc]) => [`auc_${kind}`, auc])),
  }
  const store = lake.table(silverPath(stream)).url
  return {
    stream: stream.name,
    startedAt,
    endedAt,
    params: {
      algorithm: 'isolation forest',
      trees,
      sample_size: sampleSize,
      seed,
      rows: dataset.rows,
      held_out_rows: trained.heldOut.rows,
      features: candidate.features.map(({ name, column }) => name ?? column).join(','),
    },
    metrics: [
      ...grown,
      ...figures(evaluation, trees),
      ...Object.entries(once).map(([name, value]) => ({ name, value, step: 0 })),
    ],
    dataset: {
      name: sqlName(silverPath(stream)),
      url: store,
      version: dataset.version,
      digest: datasetDigest(dataset.tableId, dataset.version, seed, dataset.rows),
      rows: dataset.rows,
    },
    tags: {
      stream: stream.name,
      ...(champion === undefined ? {} : { champion_version: champion.version }),
    },
  }
}

function figures({ auc, precisionAt1 }: Evaluation, step: number) {
  return [
    { name: 'auc', value: auc, step },
    { name: 'precision_at_1', value: precisionAt1, step },
  ]
}
