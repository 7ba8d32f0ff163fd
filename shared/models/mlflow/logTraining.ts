import { sha256 } from '../card/index.js'
import { featureNames } from '../features/index.js'
import type { ModelFiles } from '../modelSource.js'
import type { WritableArtifacts } from './artifacts.js'
import { digestTag } from './mlflowModelSource.js'
import type { MlflowServer } from './mlflowServer.js'
import { modelFolder, type TrainedModel } from './modelFolder.js'
import {
  createLoggedModel,
  createRun,
  endLoggedModel,
  endRun,
  ensureExperiment,
  type LoggedModel,
  logInput,
  logMetrics,
  logOutput,
  logParams,
  type RunInfo,
} from './trackingRun.js'
import { finalMetrics, type TrainingRecord } from './trainingFile.js'

/** Where on the server it goes. */
export interface TrackingTarget {
  readonly experiment: string
  /** The registered model's name. */
  readonly model: string
}

/** What it is called on the server. */
export interface TrackedVersion {
  readonly version: string
  readonly runId: string
  /** Undefined where a server has no logged models. */
  readonly modelId: string | undefined
}

/** Files that go to the run as well, where a person looks for them. */
const plots = 'plots/'

/**
 * Tracks a training and registers its model, in the order in which MLflow's own client does it: a run with parameters,
 * metrics and dataset, a logged model with its files, a version of the registered model, and the end of the run last. A
 * run whose model did not arrive whole, or was not registered, ends as FAILED.
 *
 * @throws MlflowError
 */
export async function logTraining(
  server: MlflowServer,
  trained: TrainedModel,
  target: TrackingTarget,
): Promise<TrackedVersion> {
  const client = server.tracking
  const { record, files } = trained
  const experimentId = await ensureExperiment(client, target.experiment)
  const run = await createRun(client, {
    experimentId,
    name: `${target.model} ${files.card.version}`,
    startedAt: record.startedAt,
    tags: { 'mlflow.user': 'lake', 'mlflow.source.name': 'lake train', 'mlflow.source.type': 'JOB', ...record.tags },
  })
  let logged: LoggedModel | undefined
  try {
    const params = textParams(record)
    await logParams(client, run.runId, params)
    await logMetrics(client, run.runId, record.metrics, { at: record.endedAt })
    const dataset = datasetOf(trained)
    await logInput(client, run.runId, dataset)
    logged = await createLoggedModel(client, run, { name: target.model, params, tags: record.tags })
    if (logged !== undefined) {
      await logOutput(client, run.runId, logged.modelId)
      const owner = { modelId: logged.modelId, datasetName: dataset.name, datasetDigest: dataset.digest }
      await logMetrics(client, run.runId, finalMetrics(record), { at: record.endedAt, owner })
    }
    const source = await putModel(server, trained, run, logged)
    await putPlots(server, files, run)
    const { modelId } = logged ?? {}
    if (modelId !== undefined) await endLoggedModel(client, modelId, 'LOGGED_MODEL_READY')
    // From here on the model is whole, whatever becomes of its registration: its answer may be lost, and the version there.
    logged = undefined
    const version = await register(server, trained, { ...target, source, runId: run.runId, modelId })
    // A run that is not ended is all that is missing then, and no reason to bring the model there again.
    await endRun(client, run.runId, 'FINISHED', record.endedAt).catch(() => undefined)
    return { version, runId: run.runId, modelId }
  } catch (thrown) {
    await giveUp(server, run, logged, record.endedAt)
    throw thrown
  }
}

/** Says on the server what has failed; what failed matters more than whether that could be said. */
async function giveUp(
  server: MlflowServer,
  run: RunInfo,
  logged: LoggedModel | undefined,
  endedAt: number,
): Promise<void> {
  const last = async (said: Promise<void>) => {
    await said.catch(() => undefined)
  }
  if (logged !== undefined) await last(endLoggedModel(server.tracking, logged.modelId, 'LOGGED_MODEL_UPLOAD_FAILED'))
  await last(endRun(server.tracking, run.runId, 'FAILED', endedAt))
}

/** Puts the model's files there; where they are, as a version's source has it. */
async function putModel(
  server: MlflowServer,
  trained: TrainedModel,
  run: RunInfo,
  logged: LoggedModel | undefined,
): Promise<string> {
  const uri = logged?.artifactUri ?? `${run.artifactUri}/model`
  const folder = await server.writableArtifacts(uri)
  const ids = { modelId: logged?.modelId, runId: run.runId, artifactUri: uri }
  for (const [path, bytes] of await modelFolder(trained, ids)) await folder.put(path, bytes)
  return logged === undefined ? uri : `models:/${logged.modelId}`
}

async function putPlots(
  server: MlflowServer,
  { more = new Map<string, Uint8Array>() }: ModelFiles,
  run: RunInfo,
): Promise<void> {
  const shown = [...more].filter(([path]) => path.startsWith(plots))
  if (shown.length === 0) return
  const folder: WritableArtifacts = await server.writableArtifacts(run.artifactUri)
  for (const [path, bytes] of shown) await folder.put(path, bytes)
}

async function register(
  server: MlflowServer,
  { files: { card } }: TrainedModel,
  version: {
    readonly model: string
    readonly source: string
    readonly runId: string
    readonly modelId: string | undefined
  },
): Promise<string> {
  await server.registry.ensureModel(version.model, `Scores of the events of the stream ${card.stream}.`)
  const tags = {
    [digestTag]: card.sha256,
    'kafka_delta_functions.version': card.version,
    'kafka_delta_functions.stream': card.stream,
  }
  const created = await server.registry.createVersion({ ...version, name: version.model, tags })
  return created.version
}

function textParams({ params }: TrainingRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))
}

/** Longest digest of a dataset that MLflow keeps. */
const longestDigest = 36

function datasetOf({ files: { card }, record: { dataset } }: TrainedModel) {
  const { name, url, version, digest, rows } = dataset
  const columns = featureNames(card.features)
  return {
    name,
    digest: digest.length <= longestDigest ? digest : sha256(new TextEncoder().encode(digest)).slice(0, longestDigest),
    source_type: 'delta_table',
    source: JSON.stringify({ path: url, delta_table_version: version }),
    schema: JSON.stringify({
      mlflow_colspec: columns.map(column => ({ type: 'float', name: column, required: true })),
    }),
    profile: JSON.stringify({ num_rows: rows, num_elements: rows * columns.length }),
  }
}
