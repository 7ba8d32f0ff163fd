import { afterEach, beforeEach, expect, test } from 'vitest'

import { encodeModelCard, starterModel } from '../../../shared/models/index.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { listModels } from '../../../shared/pipeline/training/modelList.js'
import { lakeModelOf } from '../../../shared/pipeline/training/streamModels.js'
import { events } from '../../harness/sampleStream/events.js'
import { type StandIn, startStandIn, status } from '../../models/mlflow/standIn.js'
import { SilverFixture } from '../silver/silverFixture.js'

const name = 'm'
const api = 'GET /api/2.0/mlflow'
const { card, onnx } = starterModel(name)
let server: StandIn

beforeEach(async () => {
  server = await startStandIn()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

const open = (uri: string) =>
  SilverFixture.open(undefined, undefined, {
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    MODEL_URI: uri,
  })

/** Versions 1 and 2 of the lake, of which the pointer names the first. */
async function register(lake: Lake): Promise<void> {
  const model = lakeModelOf(lake, events)
  for (const version of ['1', '2']) {
    const digest = version === '1' ? card.sha256 : 'f'.repeat(64)
    await lake.store.put(`models/m/${version}/model.onnx`, onnx)
    await lake.store.put(`models/m/${version}/model.json`, encodeModelCard({ ...card, version, sha256: digest }))
  }
  await model?.versions.point('1')
}

async function listed(lake: Lake) {
  const model = lakeModelOf(lake, events)
  if (model === undefined) throw new Error('the sample stream has no model')
  const { versions, others, fault } = await listModels(lake, model)
  return {
    versions: versions.map(one => [one.card.version, one.serverVersion, one.alias]),
    others: others.map(one => [one.version, one.alias]),
    fault,
  }
}

const tagged = (version: string, digest: string) => ({
  name,
  version,
  tags: [{ key: 'kafka_delta_functions.digest', value: digest }],
})

test('the aliases of a model that gold takes from a server are those of the server, also of versions of others', async () => {
  await using f = await open('models:/m@live')
  await register(f.lake)
  server.answer(`${api}/model-versions/search`, {
    model_versions: [tagged('10', 'e'.repeat(64)), tagged('9', 'a'.repeat(64)), tagged('7', card.sha256)],
  })
  server.answer(`${api}/registered-models/alias?name=m&alias=live`, { model_version: { name, version: '10' } })
  server.answer(`${api}/registered-models/alias?name=m&alias=previous-live`, {
    model_version: tagged('7', card.sha256),
  })
  expect(await listed(f.lake)).toEqual({
    versions: [
      ['1', '7', 'previous'],
      ['2', undefined, undefined],
    ],
    others: [
      ['9', undefined],
      ['10', 'champion'],
    ],
    fault: undefined,
  })
})

test('while the server does not answer they are the lake’s own, and it is said', async () => {
  await using f = await open('models:/m@champion')
  await register(f.lake)
  server.answer(api, status(401, ''))
  expect(await listed(f.lake)).toEqual({
    versions: [
      ['1', undefined, 'champion'],
      ['2', undefined, undefined],
    ],
    others: [],
    fault: expect.stringMatching(/^The aliases are those of the lake, because .*\(HTTP 401\)/) as string,
  })
})

test('a model of the lake asks no server', async () => {
  await using f = await open('lake:models/m')
  await register(f.lake)
  expect(await listed(f.lake)).toEqual({
    versions: [
      ['1', undefined, 'champion'],
      ['2', undefined, undefined],
    ],
    others: [],
    fault: undefined,
  })
  expect(server.received).toEqual([])
})
