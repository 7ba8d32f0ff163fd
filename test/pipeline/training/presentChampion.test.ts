import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { encodeModelCard, starterModel } from '../../../shared/models/index.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { modelPlace } from '../../../shared/pipeline/models/modelPlace.js'
import { promoteChampion } from '../../../shared/pipeline/training/championMove.js'
import { presentChampion } from '../../../shared/pipeline/training/presentChampion.js'
import { lakeModelOf } from '../../../shared/pipeline/training/streamModels.js'
import { trainModel } from '../../../shared/pipeline/training/trainModel.js'
import { events } from '../../harness/sampleStream/events.js'
import { describedBy } from '../../models/mlflow/mlmodelParts.js'
import { serveModel, type StandIn, startStandIn, status } from '../../models/mlflow/standIn.js'
import { testSeed } from '../../random.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { modelRuns, writeSilver } from './trainingFixture.js'

const name = 'm'
const api = '/api/2.0/mlflow'
const aliasRoute = `GET ${api}/registered-models/alias`
const digestTag = 'kafka_delta_functions.digest'
const noAlias = status(400, {
  error_code: 'INVALID_PARAMETER_VALUE',
  message: 'Registered model alias champion not found.',
})
let server: StandIn

beforeEach(async () => {
  server = await startStandIn()
  server.answer(aliasRoute, noAlias)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

const open = (model = `models:/${name}@champion`, settings: Readonly<Record<string, string>> = {}) =>
  SilverFixture.open(undefined, undefined, {
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    MODEL_URI: model,
    // By so much no second version can be better.
    MODEL_PROMOTION_MARGIN: '1',
    ...settings,
  })

function modelOf(lake: Lake) {
  const model = lakeModelOf(lake, events)
  if (model === undefined) throw new Error('the sample stream has no model')
  return model
}

const champion = async (lake: Lake) => {
  const files = await presentChampion(lake, events, modelOf(lake))
  return files === undefined ? undefined : [files.card.version, files.card.sha256]
}

/** A training whose model goes to the lake alone: the server takes no runs. */
async function trained(lake: Lake, seed = testSeed) {
  const outcome = await trainModel(lake, events, { register: true, seed })
  if (outcome.kind === 'refused') throw new Error(outcome.why)
  return outcome
}

const digestOf = async (lake: Lake, version: string) => (await modelOf(lake).versions.load(version)).card.sha256

/** What the alias of the server names. */
function point(version: string, digest: string | undefined): void {
  const tags = digest === undefined ? [] : [{ key: digestTag, value: digest }]
  server.answer(aliasRoute, { model_version: { name, version, source: 'models:/m-1', tags } })
}

describe('where gold takes its model from a server, the champion', () => {
  test('is what the alias names, although nothing of it was copied into the lake yet', async () => {
    await using f = await open()
    await writeSilver(f.lake, events, { to: 1_300 })
    expect(await trained(f.lake)).toMatchObject({ version: '1', promoted: true, champion: undefined })
    point('1', await digestOf(f.lake, '1'))
    expect(await trained(f.lake, testSeed + 1)).toMatchObject({
      version: '2',
      promoted: false,
      champion: { version: '1' },
    })
    expect(await modelOf(f.lake).champion()).toBeUndefined()
    const refused = (await modelRuns(f.lake)).filter(row => row['event'] === 'refused')
    expect(refused).toMatchObject([{ version: '2', champion_version: '1' }])
  })

  test('is that also when the lake has another pointer, or an older copy, or numbers of its own', async () => {
    await using f = await open()
    await writeSilver(f.lake, events, { to: 1_300 })
    for (const seed of [1, 2]) await trained(f.lake, seed)
    const [one, two] = [await digestOf(f.lake, '1'), await digestOf(f.lake, '2')]
    await modelPlace(f.lake, events)?.source.install({
      ...(await modelOf(f.lake).versions.load('1')),
      card: { ...(await modelOf(f.lake).versions.load('1')).card, name, version: '7' },
    })
    point('8', two)
    expect(await champion(f.lake)).toEqual(['2', two])
    await f.lake.store.put('models/m/1/model.json', new TextEncoder().encode('{'))
    server.answer(aliasRoute, status(503, ''))
    expect(await champion(f.lake)).toEqual(['7', one])
  })

  test('is read from the server when others put it there', async () => {
    await using f = await open()
    const { card, onnx } = starterModel(name)
    const columns = ['value', ...['click', 'view', 'purchase', 'sign_up'].map(type => `event_type=${type}`)]
    const logged = { modelId: 'm-1', runId: 'r', artifactUri: 'mlflow-artifacts:/1', createdAt: 0 }
    const description = await describedBy(columns, logged)
    serveModel(server, { MLmodel: description, 'model.onnx': onnx })
    expect(await champion(f.lake)).toEqual(['3', card.sha256])
    await writeSilver(f.lake, events, { to: 1_300 })
    expect(await trained(f.lake)).toMatchObject({ promoted: false, champion: { version: '3' } })
  })

  test('is none where the server has none, whatever the lake has; and the new one is promoted', async () => {
    await using f = await open()
    await writeSilver(f.lake, events, { to: 1_300 })
    for (const seed of [1, 2]) expect(await trained(f.lake, seed)).toMatchObject({ promoted: true })
  })

  test('is the copy while the server does not answer, else what the lake’s pointer names', async () => {
    await using f = await open()
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    server.answer(aliasRoute, status(401, ''))
    const warn = vi.spyOn(f.lake.log, 'warn')
    expect((await champion(f.lake))?.[0]).toBe('1')
    expect(warn.mock.calls[0]?.[0]).toMatch(/taken from the lake, because the server does not tell it: .*HTTP 401/)
    await modelPlace(f.lake, events)?.source.install(starterModel(name))
    expect((await champion(f.lake))?.[0]).toBe(starterModel(name).card.version)
    await using without = await open(undefined, { MLFLOW_TRACKING_URI: '' })
    expect(await champion(without.lake)).toBeUndefined()
  })

  test('that cannot be loaded is none', async () => {
    await using f = await open()
    serveModel(server, { MLmodel: new TextEncoder().encode('flavors: {onnx: {data: m.onnx}}') })
    const warn = vi.spyOn(f.lake.log, 'warn')
    expect(await champion(f.lake)).toBeUndefined()
    expect(warn.mock.calls[0]?.[0]).toMatch(/The champion of m is not compared with: .*m\.onnx is not there/)
  })
})

describe('a stream that scores with one version, whatever is champion', () => {
  test('compares with the alias that trainings move, else with that version, and says that gold does not follow', async () => {
    await using f = await open(`models:/${name}/3`, { MODEL_PROMOTION_MARGIN: '0' })
    await writeSilver(f.lake, events, { to: 1_300 })
    const starter = starterModel(name)
    server.answer(`GET ${api}/model-versions/get?`, {
      model_version: { name, version: '3', tags: [{ key: digestTag, value: starter.card.sha256 }] },
    })
    await f.lake.store.put('models/m/start/model.onnx', starter.onnx)
    await f.lake.store.put('models/m/start/model.json', encodeModelCard({ ...starter.card, name, version: 'start' }))
    const why =
      /Gold of events does not follow: it scores with version 3 of m until MODEL_URI names another one, or an alias, as models:\/m@champion\.$/
    const outcome = await trained(f.lake)
    expect(outcome).toMatchObject({ promoted: true, champion: { version: 'start' } })
    expect(outcome.why).toMatch(why)
    const promoted = (await modelRuns(f.lake)).filter(row => row['event'] === 'promoted')
    expect(promoted.at(-1)?.['reason']).toMatch(why)
    point('4', await digestOf(f.lake, '1'))
    expect((await champion(f.lake))?.[0]).toBe('1')
    await expect(promoteChampion(f.lake, events, modelOf(f.lake), '1')).rejects.toThrow(
      /^Nothing was promoted\. Gold of events does not follow: it scores with version 3 of m until MODEL_URI/,
    )
  })

  test('or with a tag is told to give the new version that tag', async () => {
    await using f = await open(`models:/${name}?tag=stage:production`)
    await writeSilver(f.lake, events, { to: 1_300 })
    server.answer(`GET ${api}/model-versions/search`, { model_versions: [] })
    expect((await trained(f.lake)).why).toMatch(
      /it scores with the version of m that has the tag stage=production until another one has it, or MODEL_URI names an alias/,
    )
  })

  test('is told nothing of the kind by a training that promotes nothing, or by one whose model is an alias', async () => {
    await using f = await open(`models:/${name}/3`)
    await writeSilver(f.lake, events, { to: 1_300 })
    const outcome = await trainModel(f.lake, events, { seed: 1 })
    expect(outcome).toMatchObject({ promoted: false, why: expect.not.stringContaining('Gold of') as string })
    await using g = await open()
    await writeSilver(g.lake, events, { to: 1_300 })
    expect((await trained(g.lake)).why).not.toContain('Gold of')
  })
})
