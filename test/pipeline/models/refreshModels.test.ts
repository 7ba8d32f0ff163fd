import { describe, expect, test } from 'vitest'

import { defineStream, type Stream } from '../../../shared/contract/index.js'
import {
  encodeValueRange,
  type ModelCard,
  modelDigest,
  ModelError,
  type ModelFiles,
  type ModelSource,
  starterModel,
} from '../../../shared/models/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { modelPlace } from '../../../shared/pipeline/models/modelPlace.js'
import { readModelStatus } from '../../../shared/pipeline/models/modelStatus.js'
import { refreshModels } from '../../../shared/pipeline/models/refreshModels.js'
import { events } from '../../harness/sampleStream/events.js'
import { startStandIn, status } from '../../models/mlflow/standIn.js'
import { ok, scoredRows, silverOf } from '../gold/goldFixture.js'
import { SilverFixture } from '../silver/silverFixture.js'

const uri = 'models:/events-anomaly@champion'
const atServer = { MODEL_URI: uri }

/** A registry in memory: its versions, and which one the alias names. */
class Registry implements ModelSource {
  readonly versions = new Map<string, ModelFiles>()
  alias: string | undefined
  loads = 0
  fault: Error | undefined
  /** Called in the middle of a download. */
  meanwhile: () => void = () => undefined

  add(version: string, change: Partial<ModelCard> = {}, files: Partial<ModelFiles> = {}): this {
    const { card, onnx } = starterModel('events-anomaly')
    this.versions.set(version, { card: { ...card, version, ...change }, onnx, ...files })
    this.alias = version
    return this
  }

  champion() {
    if (this.fault !== undefined) return Promise.reject(this.fault)
    const files = this.alias === undefined ? undefined : this.versions.get(this.alias)
    if (files === undefined) return Promise.resolve(undefined)
    return Promise.resolve({ name: 'events-anomaly', version: files.card.version, digest: files.card.sha256 })
  }

  load(version: string) {
    this.loads++
    this.meanwhile()
    const files = this.versions.get(version)
    return files === undefined ? Promise.reject(new ModelError('MODEL_MISSING', 'gone')) : Promise.resolve(files)
  }
}

function refresh(f: SilverFixture, registry: Registry) {
  return refreshModels(f.lake, 'timer', () => Promise.resolve(registry))
}

async function copied(f: SilverFixture, stream: Stream = events) {
  const place = modelPlace(f.lake, stream)
  return place?.source.champion()
}

async function statusOf(f: SilverFixture) {
  const place = modelPlace(f.lake, events)
  return place === undefined ? undefined : readModelStatus(place, 'status')
}

const noNumber = encodeValueRange({
  habits: [{ category: 'click', mean: NaN, spread: 1 }],
  tolerance: 3,
  steepness: 2,
})

describe('a model of a server', () => {
  test('is copied whole and scores from the lake, whether the server answers or not', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3', {}, { more: new Map([['reference.json', new Uint8Array([1])]]) })
    ok(await refresh(f, registry))
    registry.fault = new ModelError('MODEL_MISSING', 'no answer')
    await silverOf(f, [[{ id: 'a' }]])
    ok(await runGold(f.lake, 'timer'))
    expect((await scoredRows(f.lake)).map(r => [r['model_name'], r['model_version']])).toEqual([
      ['events-anomaly', '3'],
    ])
    expect(await modelPlace(f.lake, events)?.source.file('3', 'reference.json')).toEqual(new Uint8Array([1]))
  })

  test('is asked for at each run and downloaded once', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3')
    for (let n = 0; n < 3; n++) ok(await refresh(f, registry))
    expect(registry.loads).toBe(1)
    ok(await refresh(f, registry.add('4')))
    expect(registry.loads).toBe(2)
    expect((await copied(f))?.version).toBe('4')
    expect((await modelPlace(f.lake, events)?.source.previous())?.version).toBe('3')
  })

  test('whose alias moves during the download is copied as one version, and the next at the next run', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3').add('4')
    registry.alias = '3'
    registry.meanwhile = () => (registry.alias = '4')
    ok(await refresh(f, registry))
    expect((await copied(f))?.version).toBe('3')
    registry.meanwhile = () => undefined
    ok(await refresh(f, registry))
    expect((await copied(f))?.version).toBe('4')
  })

  const cases: readonly (readonly [string, Partial<ModelCard>, Partial<ModelFiles>, RegExp])[] = [
    [
      'half a download',
      {},
      { onnx: starterModel('m').onnx.subarray(0, 100) },
      /has the digest .* not downloaded whole/,
    ],
    ['another stream’s column', { features: [{ column: 'amount', kind: 'numeric' }] }, {}, /needs the column amount/],
    [
      'more columns than features',
      { features: [{ column: 'value', kind: 'numeric' }], golden: undefined },
      {},
      /shape \[rows, 5\], and its features make 1 columns/,
    ],
    [
      'scores that are no numbers',
      {
        sha256: modelDigest(noNumber),
        features: [
          { column: 'value', kind: 'numeric' },
          { column: 'event_type', kind: 'category', categories: ['click'] },
        ],
        golden: undefined,
      },
      { onnx: noNumber },
      /no score is a number/,
    ],
    ['another answer to its golden row', { golden: [{ features: [0, 0, 0, 0, 0], score: 1 }] }, {}, /golden\[0\]/],
    [
      'an example that it gives no number for',
      { golden: [{ features: [3e38, 3e38, 0, 0, 0] }] },
      {},
      /with NaN, and a score is a number/,
    ],
  ]
  test.each(cases)('with %s leaves the last good one, and says why once an hour', async (_, change, files, message) => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3')
    ok(await refresh(f, registry))
    registry.add('4', change, files)
    for (let n = 0; n < 2; n++) {
      const [report] = await refresh(f, registry)
      expect(report?.error).toMatchObject({
        code: 'MODEL_MISMATCH',
        message: expect.stringMatching(message) as string,
      })
    }
    expect(registry.loads).toBe(2)
    expect((await copied(f))?.version).toBe('3')
    const status = await statusOf(f)
    expect(status).toMatchObject({ version: '3', fault: { code: 'MODEL_MISMATCH', version: '4' } })
    ok(await refresh(f, registry.add('5')))
    expect((await statusOf(f))?.fault).toBeUndefined()
  })

  test('that does not answer keeps the time since when, and is asked again at once', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3')
    ok(await refresh(f, registry))
    registry.fault = new ModelError('MODEL_MISSING', 'The server does not answer.', { retryable: true })
    await refresh(f, registry)
    const since = (await statusOf(f))?.fault?.since
    f.clock.advance(60_000)
    await refresh(f, registry)
    expect((await statusOf(f))?.fault).toMatchObject({ since, message: 'The server does not answer.' })
    registry.fault = undefined
    ok(await refresh(f, registry.add('4')))
    expect((await copied(f))?.version).toBe('4')
  })

  test('is not refused for a runtime that did not start, which is no fault of the version', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const registry = new Registry().add('3')
    registry.meanwhile = () => {
      throw new ModelError('MODEL_RUNTIME_START', 'ONNX Runtime does not start.')
    }
    const [report] = await refresh(f, registry)
    expect(report?.error).toMatchObject({ code: 'MODEL_RUNTIME_START' })
    registry.meanwhile = () => undefined
    ok(await refresh(f, registry))
  })

  test('that is not registered, or has no such alias, is named with the remedy', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    const [report] = await refresh(f, new Registry())
    expect(report?.error?.message).toMatch(/The server has no models:\/events-anomaly@champion\. Give a version/)
  })

  test('without a server in the settings is no reason to stop: rows flow on without a score', async () => {
    await using f = await SilverFixture.open(undefined, undefined, atServer)
    await silverOf(f, [[{ id: 'a' }]])
    ok(await runGold(f.lake, 'timer'))
    expect((await scoredRows(f.lake)).map(r => r['model_name'])).toEqual([null])
    expect((await statusOf(f))?.fault?.message).toMatch(/Set MLFLOW_TRACKING_URI/)
  })

  test('is asked for once by a run of gold that has none yet, and not again by the next runs: events do not wait', async () => {
    await using server = await startStandIn()
    server.answer('GET /api/2.0/mlflow', status(503, ''))
    await using f = await SilverFixture.open(undefined, undefined, { ...atServer, MLFLOW_TRACKING_URI: server.url })
    for (const id of ['a', 'b']) {
      await silverOf(f, [[{ id }]])
      ok(await runGold(f.lake, 'timer'))
    }
    expect(server.received).toHaveLength(1)
    expect((await scoredRows(f.lake)).map(r => r['event_id'])).toEqual(['a', 'b'])
    expect((await statusOf(f))?.fault?.code).toBe('MLFLOW_SERVER_ERROR')
  })

  test('of a name that a path cannot hold has a folder of its own', async () => {
    const name = 'a/b ..%2F..'
    const model = {
      uri: `models:/${encodeURIComponent(name)}@champion`,
      features: { value: { kind: 'numeric', column: 'value' } },
    } as const
    const stream = { ...events, model: { ...defineStream({ ...declared, model }).model } } as Stream
    await using f = await SilverFixture.open(undefined, [stream])
    const registry = new Registry().add('1', { name })
    ok(await refreshModels(f.lake, 'timer', () => Promise.resolve(registry)))
    expect(await copied(f, stream)).toMatchObject({ name, version: '1' })
  })
})

const declared = {
  name: 'events',
  topic: 'events',
  schema: events.schema,
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
}

test('a stream whose model is in the lake asks no server', async () => {
  await using f = await SilverFixture.open()
  expect(await refresh(f, new Registry())).toEqual([])
})
