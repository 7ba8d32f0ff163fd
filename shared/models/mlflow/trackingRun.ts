import { asObject } from '../../types/index.js'
import { asText, type JsonObject } from './json.js'
import { type MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'
import { tagList } from './registry.js'
import type { TrainingMetric } from './trainingFile.js'

const api = '/api/2.0/mlflow'

/** Limits of one `log-batch`. */
const most = { metrics: 1000, params: 100, tags: 100 } as const
const longestParam = 6000

/** A run in an experiment. */
export interface RunInfo {
  readonly runId: string
  readonly experimentId: string
  /** Where its files go. */
  readonly artifactUri: string
}

/** A model that a run has made: files of its own, and metrics. */
export interface LoggedModel {
  readonly modelId: string
  readonly artifactUri: string
}

/** Metrics that belong to a logged model. */
export interface MetricsOwner {
  readonly modelId: string
  readonly datasetName: string
  readonly datasetDigest: string
}

/**
 * The experiment of that name, made if there is none.
 * @throws MlflowError
 */
export async function ensureExperiment(client: MlflowClient, name: string): Promise<string> {
  const existing = await experimentId(client, name)
  if (existing !== undefined) return existing
  try {
    const path = `${api}/experiments/create`
    const id = asText((await client.create(path, { name }))['experiment_id'])
    if (id === undefined) throw wrongAnswer(client.server, path, 'experiment_id')
    return id
  } catch (thrown) {
    // Somebody else was faster.
    const raced = thrown instanceof MlflowError && thrown.data['answer'] === 'RESOURCE_ALREADY_EXISTS'
    const id = raced ? await experimentId(client, name) : undefined
    if (id === undefined) throw thrown
    return id
  }
}

async function experimentId(client: MlflowClient, name: string): Promise<string | undefined> {
  const path = `${api}/experiments/get-by-name`
  let answer
  try {
    answer = await client.get(path, { experiment_name: name })
  } catch (thrown) {
    if (thrown instanceof MlflowError && thrown.data['answer'] === 'RESOURCE_DOES_NOT_EXIST') return undefined
    throw thrown
  }
  const experiment = asObject(answer['experiment'])
  const id = asText(experiment?.['experiment_id'])
  if (id === undefined) throw wrongAnswer(client.server, path, 'experiment_id')
  if (experiment?.['lifecycle_stage'] !== 'deleted') return id
  throw new MlflowError(
    'MLFLOW_REFUSED',
    `The experiment ${name} is deleted on the server. Restore it there, or set MLFLOW_EXPERIMENT_NAME to another.`,
    {
      data: { experiment: name },
    },
  )
}

/**
 * Starts a run.
 * @throws MlflowError
 */
export async function createRun(
  client: MlflowClient,
  run: {
    readonly experimentId: string
    readonly name: string
    readonly startedAt: number
    readonly tags: Readonly<Record<string, string>>
  },
): Promise<RunInfo> {
  const path = `${api}/runs/create`
  const body = {
    experiment_id: run.experimentId,
    run_name: run.name,
    start_time: run.startedAt,
    tags: tagList(run.tags),
  }
  const info = asObject(asObject((await client.create(path, body))['run'])?.['info'])
  const [runId, artifactUri] = [asText(info?.['run_id']), asText(info?.['artifact_uri'])]
  if (runId === undefined || artifactUri === undefined)
    throw wrongAnswer(client.server, path, 'run_id and artifact_uri')
  return { runId, experimentId: run.experimentId, artifactUri }
}

/**
 * Ends a run.
 * @throws MlflowError
 */
export async function endRun(
  client: MlflowClient,
  runId: string,
  status: 'FINISHED' | 'FAILED',
  endedAt: number,
): Promise<void> {
  await client.send('POST', `${api}/runs/update`, { run_id: runId, status, end_time: endedAt })
}

/**
 * Parameters of a run, in as many requests as it takes.
 * @throws MlflowError
 */
export async function logParams(
  client: MlflowClient,
  runId: string,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const list = Object.entries(params).map(([key, value]) => ({ key, value: value.slice(0, longestParam) }))
  for (const part of chunks(list, most.params)) await logBatch(client, { run_id: runId, params: part })
}

/**
 * Metrics of a run, or of a model that it made; the same ones logged again are the same.
 *
 * @param at milliseconds since 1970-01-01 UTC
 * @throws MlflowError
 */
export async function logMetrics(
  client: MlflowClient,
  runId: string,
  metrics: readonly TrainingMetric[],
  { at, owner }: { readonly at: number; readonly owner?: MetricsOwner | undefined },
): Promise<void> {
  const belongs =
    owner === undefined
      ? {}
      : { model_id: owner.modelId, dataset_name: owner.datasetName, dataset_digest: owner.datasetDigest }
  const list = metrics.map(({ name, value, step }) => ({ key: name, value, step, timestamp: at, ...belongs }))
  for (const part of chunks(list, most.metrics)) await logBatch(client, { run_id: runId, metrics: part })
}

/**
 * Makes a logged model of a run; undefined when the server is older than MLflow 3, and knows files of runs only.
 * @throws MlflowError
 */
export async function createLoggedModel(
  client: MlflowClient,
  run: RunInfo,
  model: {
    readonly name: string
    readonly params: Readonly<Record<string, string>>
    readonly tags: Readonly<Record<string, string>>
  },
): Promise<LoggedModel | undefined> {
  const path = `${api}/logged-models`
  const body = {
    experiment_id: run.experimentId,
    // What these names may not have.
    name: model.name.replace(/[/:.%"']/g, '_'),
    source_run_id: run.runId,
    params: tagList(model.params),
    tags: tagList(model.tags),
  }
  let answer
  try {
    answer = await client.create(path, body)
  } catch (thrown) {
    const isOlder =
      thrown instanceof MlflowError &&
      thrown.code === 'MLFLOW_NOT_FOUND' &&
      [undefined, 'ENDPOINT_NOT_FOUND'].includes(thrown.data['answer'] as string | undefined)
    if (isOlder) return undefined
    throw thrown
  }
  const info = asObject(asObject(answer['model'])?.['info'])
  const [modelId, artifactUri] = [asText(info?.['model_id']), asText(info?.['artifact_uri'])]
  if (modelId === undefined || artifactUri === undefined)
    throw wrongAnswer(client.server, path, 'model_id and artifact_uri')
  return { modelId, artifactUri }
}

/**
 * Says that a run has made a model.
 * @throws MlflowError
 */
export async function logOutput(client: MlflowClient, runId: string, modelId: string): Promise<void> {
  await client.send('POST', `${api}/runs/outputs`, { run_id: runId, models: [{ model_id: modelId, step: 0 }] })
}

/**
 * Says what became of a logged model's files.
 * @throws MlflowError
 */
export async function endLoggedModel(
  client: MlflowClient,
  modelId: string,
  status: 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED',
): Promise<void> {
  await client.send('PATCH', `${api}/logged-models/${encodeURIComponent(modelId)}`, { model_id: modelId, status })
}

/**
 * Says what a run was trained on.
 * @throws MlflowError
 */
export async function logInput(client: MlflowClient, runId: string, dataset: JsonObject): Promise<void> {
  const tags = tagList({ 'mlflow.data.context': 'training' })
  await client.send('POST', `${api}/runs/log-inputs`, { run_id: runId, datasets: [{ tags, dataset }] })
}

async function logBatch(client: MlflowClient, body: JsonObject): Promise<void> {
  await client.send('POST', `${api}/runs/log-batch`, body)
}

function chunks<Item>(list: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}
