import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { starterModel } from '../../../shared/models/index.js'
import { logTraining } from '../../../shared/models/mlflow/logTraining.js'
import { digestTag } from '../../../shared/models/mlflow/mlflowModelSource.js'
import { decodeMlModel } from '../../../shared/models/mlflow/mlmodelFile.js'
import type { TrainedModel } from '../../../shared/models/mlflow/modelFolder.js'
import { pushModel } from '../../../shared/models/mlflow/pushModel.js'
import { decodeTrainingRecord, encodeTrainingRecord } from '../../../shared/models/mlflow/trainingFile.js'
import { serverAt, type StandIn, startStandIn, status } from './standIn.js'

const api = '/api/2.0/mlflow'
const target = { experiment: 'events', model: 'events-anomaly' }
let server: StandIn

beforeEach(async () => {
  server = await startStandIn()
  server.answer(`POST ${api}/experiments/create`, { experiment_id: '7' })
  server.answer(`POST ${api}/runs/create`, {
    run: { info: { run_id: 'r1', artifact_uri: 'mlflow-artifacts:/7/r1/artifacts' } },
  })
  const info = { model_id: 'm-1', artifact_uri: 'mlflow-artifacts:/7/models/m-1/artifacts' }
  server.answer(`POST ${api}/logged-models`, { model: { info } })
  server.answer(`POST ${api}/model-versions/create`, {
    model_version: { name: 'events-anomaly', version: '1', run_id: 'r1' },
  })
  for (const quiet of [
    `POST ${api}/runs/log-batch`,
    `POST ${api}/runs/log-inputs`,
    `POST ${api}/runs/outputs`,
    `POST ${api}/runs/update`,
    `PATCH ${api}/logged-models`,
    `PUT ${api}-artifacts`,
    `POST ${api}/registered-models`,
  ])
    server.answer(quiet, {})
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function trained(changes: Partial<TrainedModel['record']> = {}): TrainedModel {
  const more = new Map([['plots/roc.svg', new TextEncoder().encode('<svg/>')]])
  const record = {
    stream: 'events',
    startedAt: 1000,
    endedAt: 2000,
    params: { trees: 100, seed: 7 },
    metrics: [{ name: 'auc', value: 0.9, step: 0 }],
    dataset: { name: 'silver.events', url: 'file:///lake/silver/events', version: 3, digest: 'd'.repeat(64), rows: 10 },
    tags: {},
    ...changes,
  }
  return { files: { ...starterModel('events-anomaly'), more }, record }
}

const steps = () =>
  server.received.map(
    ({ method, url }) => `${method} ${url.replace(`${api}/`, '').replace(`${api}-artifacts/artifacts/`, '')}`,
  )
const bodies = (path: string) =>
  server.received
    .filter(({ method, url }) => method !== 'GET' && url.startsWith(`${api}/${path}`))
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)

describe('a training is tracked', () => {
  test("in the order of MLflow's own client, from an empty server", async () => {
    expect(await logTraining(serverAt(server.url), trained(), target)).toEqual({
      version: '1',
      runId: 'r1',
      modelId: 'm-1',
    })
    const folder = '7/models/m-1/artifacts'
    expect(steps().filter((step, i, all) => step !== all[i - 1])).toEqual([
      'GET experiments/get-by-name?experiment_name=events',
      'POST experiments/create',
      'POST runs/create',
      'POST runs/log-batch',
      'POST runs/log-inputs',
      'POST logged-models',
      'POST runs/outputs',
      'POST runs/log-batch',
      `PUT ${folder}/plots/roc.svg`,
      `PUT ${folder}/requirements.txt`,
      `PUT ${folder}/python_env.yaml`,
      `PUT ${folder}/conda.yaml`,
      `PUT ${folder}/model.onnx`,
      `PUT ${folder}/model.json`,
      `PUT ${folder}/training.json`,
      `PUT ${folder}/input_example.json`,
      `PUT ${folder}/serving_input_example.json`,
      `PUT ${folder}/MLmodel`,
      'PUT 7/r1/artifacts/plots/roc.svg',
      'PATCH logged-models/m-1',
      'POST registered-models/create',
      'POST model-versions/create',
      'POST runs/update',
    ])
    expect(bodies('model-versions/create')[0]).toMatchObject({ source: 'models:/m-1', model_id: 'm-1', run_id: 'r1' })
    expect(bodies('logged-models/m-1')).toEqual([{ model_id: 'm-1', status: 'LOGGED_MODEL_READY' }])
    expect(bodies('runs/update')).toEqual([{ run_id: 'r1', status: 'FINISHED', end_time: 2000 }])
  })

  test('with a dataset whose digest MLflow takes', async () => {
    await logTraining(serverAt(server.url), trained(), target)
    const [{ datasets }] = bodies('runs/log-inputs') as [
      { datasets: { dataset: { digest: string; source: string } }[] },
    ]
    expect(datasets[0]?.dataset.digest).toMatch(/^[0-9a-f]{36}$/)
    expect(datasets[0]?.dataset.source).toBe('{"path":"file:///lake/silver/events","delta_table_version":3}')
  })

  test('in as many requests as the limits ask for', async () => {
    const metrics = Array.from({ length: 2500 }, (_, step) => ({ name: 'loss', value: 1 / (step + 1), step }))
    const params = Object.fromEntries(Array.from({ length: 205 }, (_, i) => [`p${i}`, 'x'.repeat(7000)]))
    await logTraining(serverAt(server.url), trained({ metrics, params }), target)
    const sizes = bodies('runs/log-batch').map(({ metrics, params }) => [
      (metrics as [] | undefined)?.length ?? 0,
      (params as [] | undefined)?.length ?? 0,
    ])
    expect(sizes.slice(0, 6)).toEqual([
      [0, 100],
      [0, 100],
      [0, 5],
      [1000, 0],
      [1000, 0],
      [500, 0],
    ])
    const ofModel = bodies('runs/log-batch').at(-1)?.['metrics']
    expect(ofModel).toEqual([expect.objectContaining({ key: 'loss', step: 2499, model_id: 'm-1' })])
    const [first] = bodies('runs/log-batch') as [{ params: { value: string }[] }]
    expect(first.params[0]?.value).toHaveLength(6000)
  })

  test('as files of the run, where a server has no logged models', async () => {
    server.answer(`POST ${api}/logged-models`, status(404, { error_code: 'ENDPOINT_NOT_FOUND', message: 'no' }))
    expect((await logTraining(serverAt(server.url), trained(), target)).modelId).toBeUndefined()
    expect(steps()).toContain('PUT 7/r1/artifacts/model/MLmodel')
    expect(bodies('model-versions/create')[0]).toMatchObject({ source: 'mlflow-artifacts:/7/r1/artifacts/model' })
    const mlmodel = server.received.find(({ url }) => url.endsWith('/MLmodel'))
    expect((await decodeMlModel(new TextEncoder().encode(mlmodel?.body), 'MLmodel')).runId).toBe('r1')
  })

  test('into an experiment that somebody else has just made', async () => {
    server.answer(
      `GET ${api}/experiments/get-by-name`,
      status(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: '' }),
      { experiment: { experiment_id: '8', lifecycle_stage: 'active' } },
    )
    server.answer(`POST ${api}/experiments/create`, status(400, { error_code: 'RESOURCE_ALREADY_EXISTS', message: '' }))
    await logTraining(serverAt(server.url), trained(), target)
    expect(bodies('runs/create')[0]).toMatchObject({ experiment_id: '8' })
  })

  test('into no experiment that is deleted', async () => {
    server.answer(`GET ${api}/experiments/get-by-name`, {
      experiment: { experiment_id: '8', lifecycle_stage: 'deleted' },
    })
    await expect(logTraining(serverAt(server.url), trained(), target)).rejects.toThrow(
      'set MLFLOW_EXPERIMENT_NAME to another',
    )
  })
})

describe('a training that cannot be tracked whole', () => {
  test.each([
    ['its file', `PUT ${api}-artifacts/artifacts/7/models/m-1/artifacts/model.onnx`, 'LOGGED_MODEL_UPLOAD_FAILED'],
    // A version whose answer was lost is there, and its model with it.
    ['its registration', `POST ${api}/model-versions/create`, 'LOGGED_MODEL_READY'],
  ])('ends as FAILED for %s, and no version is made of it', async (_, step, model) => {
    server.answer(step, status(507, 'disk full'))
    await expect(logTraining(serverAt(server.url), trained(), target)).rejects.toThrow('HTTP 507')
    expect(bodies('runs/update').at(-1)).toMatchObject({ status: 'FAILED' })
    expect(bodies('logged-models/m-1').map(body => body['status'])).toEqual([model])
  })

  test('but for the end of its run is there: it is not brought there again', async () => {
    server.answer(`POST ${api}/runs/update`, status(500, ''))
    expect((await logTraining(serverAt(server.url), trained(), target)).version).toBe('1')
  })

  test('says what failed first, not that the end could not be said either', async () => {
    server.answer(
      `POST ${api}/runs/log-inputs`,
      status(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'no dataset' }),
    )
    server.answer(`POST ${api}/runs/update`, status(500, ''))
    await expect(logTraining(serverAt(server.url), trained(), target)).rejects.toThrow('no dataset')
  })
})

describe('a push', () => {
  const search = `GET ${api}/model-versions/search`
  const { sha256 } = starterModel('m').card
  const version = (number: string, digest: string) => ({
    name: 'events-anomaly',
    version: number,
    run_id: 'r0',
    tags: [{ key: digestTag, value: digest }],
  })

  test('of what was pushed before finds it, on whatever page, and moves the alias only', async () => {
    server.answer(
      search,
      { model_versions: [version('9', 'other')], next_page_token: 'p2' },
      { model_versions: [version('4', sha256)] },
    )
    const outcome = await pushModel(serverAt(server.url), trained(), { ...target, alias: 'champion' })
    const moved = { version: '4', previous: undefined }
    expect(outcome).toEqual({ outcome: 'already there', version: '4', runId: 'r0', moved })
    expect(bodies('registered-models/alias')).toEqual([{ name: 'events-anomaly', alias: 'champion', version: '4' }])
    expect(steps().some(step => step.startsWith('PUT'))).toBe(false)
  })

  test('of another model of the same name is a new version', async () => {
    server.answer(search, { model_versions: [version('9', 'other')] })
    expect((await pushModel(serverAt(server.url), trained(), target)).outcome).toBe('pushed')
    expect(bodies('model-versions/create')[0]?.['tags']).toContainEqual({ key: digestTag, value: sha256 })
    expect(bodies('registered-models/alias')).toEqual([])
  })
})

describe('a record of a training', () => {
  test('is read as it was written', () => {
    const { record } = trained()
    expect(decodeTrainingRecord(encodeTrainingRecord(record), 'training.json')).toEqual(record)
  })

  test('that is another file is refused by its field', () => {
    const bytes = new TextEncoder().encode(
      JSON.stringify({ ...trained().record, metrics: [{ name: 'auc', value: 'high' }] }),
    )
    expect(() => decodeTrainingRecord(bytes, 'training.json')).toThrow(
      'training.json: metrics.0.value is not as it must be',
    )
  })
})
