import { randomUUID } from 'node:crypto'

import { silverPath, type Stream, type StreamModel } from '../../contract/index.js'
import type { Snapshot } from '../../delta/index.js'
import { defaultForestSize } from '../../models/forest/index.js'
import type { ModelFiles } from '../../models/index.js'
import type { DuckDbSession } from '../../query/index.js'
import { fitTable } from '../features/index.js'
import { SessionTable } from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type Candidate, growCandidate } from './candidate.js'
import { type ChampionEvaluation, evaluateChampion } from './championScores.js'
import { declarationFault } from './declarationFault.js'
import { evaluateScores, type Evaluation } from './evaluateScores.js'
import { eventSpan, shortSpanNote } from './eventTimes.js'
import { type FeatureRows, featureRows, maxRows, wholeRows } from './featureRows.js'
import { injectAnomalies } from './heldOut.js'
import { fewestRows, sampleFault, trainingFault, widthFault } from './trainingFaults.js'
import { drawSample, type SampleOptions, type SampleSource } from './trainingSample.js'

/** How a model is trained. */
export interface TrainOptions {
  /** Milliseconds: events before it are left out. */
  readonly since?: number | undefined
  /** Most rows of silver that are drawn; TRAIN_ROWS when absent. */
  readonly rows?: number | undefined
  /** A whole number; silver's version when absent, so that the same data gives the same model. */
  readonly seed?: number | undefined
  /** Told how many rows of silver were read of how many there are. */
  readonly onRead?: ((read: number, total: number) => void) | undefined
}

/** What a training came to, before anything of it is kept. */
export type Training =
  | { readonly kind: 'trained'; readonly trained: TrainedCandidate }
  /** There is nothing to train on; the sentence says why, and what helps. */
  | { readonly kind: 'refused'; readonly why: string; readonly datasetVersion: number | undefined }

/** A model that was trained and compared. */
export interface TrainedCandidate {
  /** A UUID. */
  readonly runId: string
  readonly candidate: Candidate
  readonly heldOut: FeatureRows
  readonly anomalies: Uint8Array
  readonly evaluation: Evaluation
  readonly champion: ChampionEvaluation | undefined
  readonly dataset: { readonly tableId: string; readonly version: number; readonly rows: number }
  /** What is to be known of the rows that it was trained on. */
  readonly note: string | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
}

/**
 * Trains a stream's model on a sample of its silver, and compares it on held-out rows with injected anomalies with the
 * champion, each by its own features. Keeps nothing.
 *
 * @param champion what scores now; undefined when nothing does
 */
export async function trainCandidate(
  lake: Lake,
  stream: Stream,
  champion: ModelFiles | undefined,
  options: TrainOptions,
): Promise<Training> {
  const startedAt = lake.clock.now()
  const { model } = stream
  const refused = (why: string, silver?: Snapshot): Training => ({
    kind: 'refused',
    why,
    datasetVersion: silver?.version,
  })
  const fault = declarationFault(lake, stream, champion)
  if (model === undefined || fault !== undefined)
    return refused(fault ?? `the stream ${stream.name} declares no model.`)
  const rows = options.rows ?? lake.settings.trainRows
  const tooFew = sampleFault(rows, heldOutEvery, options.rows === undefined ? 'TRAIN_ROWS' : '--rows')
  if (tooFew !== undefined) return refused(tooFew)
  const silver = await lake.table(silverPath(stream)).snapshot()
  if (silver === undefined)
    return refused(
      `silver of ${stream.name} has no rows yet, and at least ${fewestRows.toLocaleString('en-US')} are needed. Run lake run silver first.`,
    )
  await using session = await openSession(lake)
  const seed = options.seed ?? silver.version
  const parts = await drawParts(session, { lake, stream, silver }, columnsOf(silver, stream, model, champion), {
    rows,
    seed,
    since: options.since === undefined ? undefined : BigInt(Math.floor(options.since)) * 1000n,
    onRead: options.onRead,
  })
  const features = await fitTable(session, parts.training.name, model.features)
  const tooWide = widthFault(stream, features)
  if (tooWide !== undefined) return refused(tooWide, silver)
  const drawn = await featureRows(session, parts.training.name, parts.columns, features, maxRows(features))
  const training = wholeRows(drawn)
  const why = trainingFault(stream, features, drawn, training)
  if (why !== undefined) return refused(why, silver)
  const held = await injectAnomalies(session, stream, parts.usual, model.features)
  if (held.kinds.length === 0)
    return refused(
      `no feature of ${stream.name} is a number, a time or a text with several categories, so that no anomaly could be injected to measure a model by.`,
      silver,
    )
  const heldOut = await featureRows(session, held.table.name, held.columns, features, held.anomalies.length)
  const { anomalies } = held
  const grown = growCandidate(features, training, heldOut, anomalies, { ...defaultForestSize, seed })
  const span = await eventSpan(session, stream, parts.training.name)
  const candidate = { ...grown, reference: { ...grown.reference, span } }
  const trained = {
    runId: randomUUID(),
    candidate,
    heldOut,
    anomalies,
    evaluation: evaluateScores(candidate.scores, anomalies),
    champion: champion === undefined ? undefined : await evaluateChampion(lake, stream, champion, held),
    dataset: { tableId: silver.metadata.id, version: silver.version, rows: training.rows },
    note: shortSpanNote(span, model.features),
    startedAt,
  }
  return { kind: 'trained', trained: { ...trained, endedAt: lake.clock.now() } }
}

/** The columns of silver that a model's features are made of, and the event time. */
function columnsOf(
  silver: Snapshot,
  stream: Stream,
  model: StreamModel,
  champion: ModelFiles | undefined,
): readonly string[] {
  const there = new Set(silver.schema.fields.map(field => field.name))
  const own = model.features.map(feature => feature.column)
  const others = (champion?.card.features ?? []).map(feature => feature.column)
  return [...new Set([...own, ...others, stream.eventTime])].filter(column => there.has(column))
}

interface SampleParts {
  readonly columns: readonly string[]
  readonly training: SessionTable
  /** What nothing is trained on. */
  readonly usual: SessionTable
}

/** One row in five is held out. */
const heldOutEvery = 5

async function drawParts(
  session: DuckDbSession,
  source: SampleSource,
  columns: readonly string[],
  options: SampleOptions,
): Promise<SampleParts> {
  const sample = await drawSample(session, source, columns, options)
  const part = (name: string, which: string) =>
    SessionTable.create(
      session,
      name,
      sample.columns,
      `SELECT * FROM ${sample.name} WHERE rowid % ${heldOutEvery} ${which} 0 ORDER BY draw`,
    )
  return { columns, training: await part('training', '<>'), usual: await part('usual', '=') }
}
