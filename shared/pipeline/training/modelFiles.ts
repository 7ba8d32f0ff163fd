import { createHash } from 'node:crypto'

import type { Stream } from '../../contract/index.js'
import { encodeReference } from '../../models/drift/index.js'
import { precisionRecallSvg, scoreHistogramSvg } from '../../models/evaluation/index.js'
import { encodeForest, forestTensors } from '../../models/forest/index.js'
import { cardFile, type ModelCard, type ModelFiles, onnxFile, sha256 } from '../../models/index.js'
import { finalMetrics, modelFolder, type TrainingRecord } from '../../models/mlflow/index.js'
import type { Candidate } from './candidate.js'
import type { FeatureRows } from './featureRows.js'

/** The version's files but for its number, which registration finds. */
export interface UnnumberedModel {
  readonly digest: string
  /** As much as scoring takes, before there is a version. */
  scored(name: string): ModelFiles
  /**
   * All of its files, in MLflow's form, as a push brings them to a server.
   * @param folder the version's address
   */
  files(name: string, version: string, folder: string): Promise<ModelFiles>
}

/** What goes into a version's folder. */
export interface ModelParts {
  readonly stream: Stream
  /** The training, a UUID. */
  readonly runId: string
  readonly candidate: Candidate
  readonly heldOut: FeatureRows
  readonly anomalies: Uint8Array
  readonly record: TrainingRecord
}

const goldenRows = 5

/** A version's files: the model, its card with golden vectors, the reference for drift, figures and plots. */
export function modelFiles(parts: ModelParts): UnnumberedModel {
  const { stream, candidate, heldOut, anomalies, record } = parts
  const { features, forest, scores, threshold, reference } = candidate
  const onnx = encodeForest(forest)
  const digest = sha256(onnx)
  const isAnomaly = anomalies.map(kind => (kind === 0 ? 0 : 1))
  const text = (value: string) => new TextEncoder().encode(value)
  const golden = goldenPlaces(scores).map(row => ({
    features: [...heldOut.values.subarray(row * heldOut.width, (row + 1) * heldOut.width)],
    score: scores[row] as number,
  }))
  const figures = Object.fromEntries(finalMetrics(record).map(({ name, value }) => [name, value]))
  const card = (name: string, version: string): ModelCard => ({
    name,
    version,
    stream: stream.name,
    features,
    ...forestTensors,
    threshold,
    createdAt: new Date(record.endedAt).toISOString(),
    sha256: digest,
    golden,
  })
  return {
    digest,
    scored: name => ({ onnx, card: card(name, 'new') }),
    files: async (name, version, folder) => {
      const more = new Map([
        ['metrics.json', text(`${JSON.stringify(figures, null, 2)}\n`)],
        ['reference.json', encodeReference(reference)],
        [
          'plots/score_histogram.svg',
          text(scoreHistogramSvg({ model: name, version }, { scores, anomalies: isAnomaly }, threshold)),
        ],
        [
          'plots/precision_recall.svg',
          text(precisionRecallSvg({ model: name, version }, { scores, anomalies: isAnomaly })),
        ],
      ])
      const files = { onnx, card: card(name, version), more }
      const ids = { modelId: undefined, runId: parts.runId, artifactUri: folder }
      const all = await modelFolder({ files, record }, ids)
      return { ...files, more: new Map([...all].filter(([path]) => path !== onnxFile && path !== cardFile)) }
    },
  }
}

/** Rows from the lowest score to the highest, spread over the whole range. */
function goldenPlaces(scores: Float32Array): readonly number[] {
  const order = [...scores.keys()]
    .filter(row => !Number.isNaN(scores[row]))
    .sort((a, b) => (scores[a] as number) - (scores[b] as number))
  const places = Array.from({ length: goldenRows }, (_, i) => Math.round((i * (order.length - 1)) / (goldenRows - 1)))
  return [...new Set(places)].map(place => order[place] as number)
}

/** Names the rows that a training used, by what they follow from. */
export function datasetDigest(tableId: string, version: number, seed: number, rows: number): string {
  return createHash('sha256').update([tableId, version, seed, rows].join('\0')).digest('hex').slice(0, 32)
}
