import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { readAlerts } from '../../shared/alerts/index.js'
import { scoredPath, type Stream } from '../../shared/contract/index.js'
import {
  encodeValueRange,
  type ModelCard,
  type ModelFiles,
  sha256,
  valueRangeTensors,
} from '../../shared/models/index.js'
import { type MlflowServer, openMlflow, pushModel } from '../../shared/models/mlflow/index.js'
import { refreshModels } from '../../shared/pipeline/models/index.js'
import { FaultProxy, type FaultRule } from '../harness/faultProxy.js'
import { type Mlflow, startMlflow } from '../harness/mlflow.js'
import { events as sample } from '../harness/sampleStream/events.js'
import { describedBy, runOf } from '../models/mlflow/mlmodelParts.js'
import { rootModel } from '../models/onnx/hostileModels.js'
import { day0, readTable } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'
import { FlowingLake } from './flowingLake.js'

const name = "events' anomaly 100%"
const modelAt = (uri: string) => (sample.model === undefined ? undefined : { ...sample.model, uri })
const events: Stream = { ...sample, model: modelAt(`models:/${encodeURIComponent(name)}@champion`) }
/** Its model has a name that no MLflow server takes. */
const orders: Stream = { ...sample, name: 'orders', topic: 'orders', model: modelAt('models:/team%2Forders@champion') }
const features = [
  { name: 'value', column: 'value', kind: 'numeric' },
  { name: 'event_type', column: 'event_type', kind: 'category', categories: ['click'] },
] as const

let mlflow: Mlflow
let proxy: FaultProxy
let f: FlowingLake
/** Around the proxy: what others do to the server. */
let server: MlflowServer

beforeAll(async () => {
  mlflow = await startMlflow()
  proxy = await FaultProxy.open(mlflow.url)
  const settings = { MLFLOW_TRACKING_URI: proxy.url, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' }
  f = await FlowingLake.open([events, orders], settings)
  const direct = openMlflow({ ...f.lake.settings, mlflowTrackingUri: mlflow.url }, f.lake.store)
  if (direct === undefined) throw new Error('no server')
  server = direct
})
afterAll(async () => {
  await f[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await mlflow[Symbol.asyncDispose]()
})

/** A model whose scores no other one has. */
function rangeModel(mean: number, change: Partial<ModelCard> = {}): ModelFiles {
  return cardOf(
    encodeValueRange({ habits: [{ category: 'click', mean, spread: 100 }], tolerance: 3, steepness: 2 }),
    change,
  )
}

function cardOf(onnx: Uint8Array, change: Partial<ModelCard> = {}): ModelFiles {
  const about = { name, version: '1', stream: 'events', createdAt: '2025-01-01T00:00:00.000Z' }
  return { onnx, card: { ...about, features, ...valueRangeTensors, sha256: sha256(onnx), ...change } }
}

/** Registers a model as `lake train` does. */
async function push(files: ModelFiles): Promise<string> {
  const dataset = { name: 'silver.events', url: 'memory:', version: 1, digest: 'd', rows: 1 }
  const record = { stream: 'events', startedAt: day0, endedAt: day0, params: {}, metrics: [], dataset, tags: {} }
  return (await pushModel(server, { files, record }, { experiment: 'faults', model: name })).version
}

/** Registers a folder as MLflow 2 does, with a signature only. */
async function pushForeign(columns: readonly string[]): Promise<string> {
  const run = await runOf(server, 'faults', day0)
  const source = `${run.artifactUri}/model`
  const folder = await server.writableArtifacts(source)
  const logged = { modelId: undefined, runId: run.runId, artifactUri: source, createdAt: day0 }
  await folder.put('model.onnx', rangeModel(1).onnx)
  await folder.put('MLmodel', await describedBy(columns, logged))
  return (await server.registry.createVersion({ name, source, runId: run.runId, modelId: undefined, tags: {} })).version
}

const point = (version: string) => server.registry.setAlias(name, 'champion', version)

/** One line of what can go wrong, and what is said of it. */
interface Line {
  readonly rule?: FaultRule
  /** What the alias names meanwhile; the version that scores when absent. */
  readonly version?: () => Promise<string>
  /** It passes its checks: it is copied before the events come. */
  readonly passes?: true
  readonly settings?: Readonly<Record<string, string>>
  readonly refuses?: true
  readonly says: RegExp
}

const alias = /^GET .*registered-models\/alias\?name=events/
const onnxFile = /^GET .*artifacts\/model\.onnx/
/** Version 1 scores until another one is copied, and is scored with again after each line. */
let second: string
let third: string
const toSecond = { version: () => Promise.resolve(second) }

/** Copies the model of the first stream; that of the other cannot be had. */
const refreshEvents = async (lake = f.lake) => ok((await refreshModels(lake, 'timer')).slice(0, 1))

const expectWell = (rows: readonly { readonly [column: string]: unknown }[]) => {
  for (const row of rows) expect(row, row['reason'] as string).toMatchObject({ status: 'OK' })
}

describe('while events flow, a server that', () => {
  test('is well is asked, and its model scores', async () => {
    await point(await push(rangeModel(1_000)))
    second = await push(rangeModel(1_100))
    third = await push(rangeModel(1_200))
    await refreshEvents()
    const { error, gold, rows } = await f.turn()
    expectWell(rows)
    expect([error, gold['events']?.['model_fault_seconds'], await f.lastVersions(events)]).toEqual(['', 0, ['1']])
  })

  const lines: Readonly<Record<string, Line>> = {
    'is not there': { refuses: true, says: /cannot be reached \(.+\)\. Check MLFLOW_TRACKING_URI/ },
    'is slow': {
      rule: { on: alias, fault: { kind: 'silence' } },
      settings: { MLFLOW_HTTP_REQUEST_TIMEOUT: '1' },
      says: /gave no answer for 1 s\. See whether it is overloaded, or raise MLFLOW_HTTP_REQUEST_TIMEOUT/,
    },
    'takes no sign-in': {
      rule: { on: alias, fault: { kind: 'answer', status: 401 } },
      says: /does not take the sign-in \(HTTP 401\)\. Set MLFLOW_TRACKING_USERNAME/,
    },
    'does not know its own name': {
      rule: { on: alias, fault: { kind: 'host', host: 'mlflow.example:5000' } },
      says: /does not serve the host name .*\(HTTP 403.*Start it with --allowed-hosts/,
    },
    'has too many who ask': {
      rule: { on: alias, fault: { kind: 'answer', status: 429 } },
      says: /has no time for more requests \(HTTP 429\)\. Ask less often/,
    },
    fails: {
      rule: { on: alias, fault: { kind: 'answer', status: 500, body: '<html>' } },
      says: /failed at GET .*\(HTTP 500\)\. See the server's log/,
    },
    'ends in the middle of a file': {
      ...toSecond,
      rule: { on: onnxFile, fault: { kind: 'half', then: 'cut' } },
      says: /ended an answer before it was whole/,
    },
    'gives half of a file as if it were whole': {
      ...toSecond,
      rule: { on: onnxFile, fault: { kind: 'half', then: 'end' } },
      says: /model\.onnx came with \d+ bytes of \d+/,
    },
    'gives other bytes': {
      ...toSecond,
      rule: {
        on: onnxFile,
        fault: { kind: 'body', change: body => body.map((byte, i) => (i === 200 ? ~byte : byte)) },
      },
      says: /has the digest [0-9a-f]{64}, but its model\.json says [0-9a-f]{64}: one of the two was replaced/,
    },
    'has a model whose signature does not fit': {
      version: () => pushForeign(['value', 'amount']),
      says: /takes "amount"; the stream's contract offers "value", "log_value", "hour", "event_type=<category>"/,
    },
    'has a model of a column that silver lacks': {
      version: () =>
        push(rangeModel(1, { features: [{ name: 'amount', column: 'amount', kind: 'numeric' }, features[1]] })),
      says: /amount/,
    },
    'has a model that loads and scores no number': {
      version: () => push(rangeModel(NaN)),
      says: /scores a row of zeros and a row of ones with NaN and NaN: no score is a number/,
    },
    'has a model that scores its example, and no event': {
      version: () => push(cardOf(rootModel(), { golden: [{ features: [1e6 + 9, 1], score: 3 }] })),
      passes: true,
      says: /it scores none of \d+ rows that have all of their features with a number\. Promote a version that does/,
    },
  }

  test.each(Object.entries(lines))('%s', async (_, { rule, version, passes, settings, refuses, says }) => {
    await using asking = await f.another(settings)
    if (version !== undefined) await point(await version())
    if (passes === true) await refreshEvents(asking)
    if (refuses === true) await proxy.refuse()
    const struck = proxy.struck
    proxy.rule = rule
    const { error, gold, rows } = await f.turn(asking)
    proxy.rule = undefined
    await proxy.listen()
    expect(proxy.struck - struck).toBe(rule === undefined ? 0 : 1)
    const reason = gold['events']?.['reason'] as string
    expect(passes === true ? '' : error).toMatch(passes === true ? /^$/ : says)
    expect(reason).toMatch(says)
    expect(reason).toMatch(
      passes === true
        ? /cannot score for .*, and version 1 scores: /
        : /cannot be renewed for .*, and version 1 scores: /,
    )
    expectWell(rows)
    expect(await f.lastVersions(events)).toEqual(['1'])
    // What is over is not said any more.
    await point('1')
    const after = await f.turn()
    expect(after.gold['events']).toMatchObject({
      model_fault_seconds: 0,
      reason: expect.not.stringMatching('model') as string,
    })
  })

  test('moves the alias in the middle of a download gives one version whole, and the next one at the next run', async () => {
    await point(second)
    proxy.rule = { on: onnxFile, fault: { kind: 'meanwhile', first: () => point(third) } }
    await refreshEvents()
    proxy.rule = undefined
    f.clock.advance(60_000)
    await f.flow()
    expect(await f.lastVersions(events)).toEqual([second])
    await refreshEvents()
    expectWell((await f.turn()).rows)
    expect(await f.lastVersions(events)).toEqual([third])
  })

  test('moves the alias in the middle of a run of gold changes nothing of that run', async () => {
    f.clock.advance(60_000)
    const isData = (path: string) => path.startsWith(`${scoredPath(events)}/`) && path.endsWith('.parquet')
    const first = async () => {
      await point('1')
      await refreshEvents()
    }
    const { struck } = f.faults
    f.faults.add({ on: ['put', 'putIfAbsent', 'create'], path: isData, fault: { kind: 'interleave', first } })
    await f.flow()
    expect(f.faults.struck).toBe(struck + 1)
    expect(await f.lastVersions(events)).toEqual([third])
    expectWell((await f.turn()).rows)
    expect(await f.lastVersions(events)).toEqual(['1'])
  })

  test('takes no name with a slash says so, and the events of that stream go on without a score', async () => {
    expect((await f.turn()).gold['orders']?.['reason']).toMatch(
      /The model models:\/team%2Forders@champion cannot be renewed for .*, and no version scores: .*Names cannot contain '\/' or ':'/,
    )
    await f.expectEachOnce(orders)
  })

  test('fails for longer than is settable makes gold DEGRADED, and is an alert', async () => {
    proxy.rule = { on: alias, fault: { kind: 'answer', status: 500 } }
    expectWell((await f.turn()).rows)
    f.clock.advance(2 * 3_600_000)
    const { events: row } = (await f.turn()).gold
    expect(row).toMatchObject({
      status: 'DEGRADED',
      reason: expect.stringMatching(/cannot be renewed for 2 h, and version 1 scores: .*HTTP 500/) as string,
    })
    const { firing } = await readAlerts(f.lake)
    expect(firing.filter(one => one.alert === 'model-fault' && one.stream === 'events')).toHaveLength(1)
    proxy.rule = undefined
    await refreshEvents()
    expect((await f.turn()).gold['events']).toMatchObject({ status: 'OK', model_fault_seconds: 0 })
  })
})

test('no row is lost, doubled or half scored: each event is in gold once, and each commit has one model', async () => {
  await f.expectEachOnce(events)
  const rows = await readTable(f.lake, scoredPath(events))
  expect(rows.filter(row => typeof row['score'] !== 'number' || row['model_name'] !== name)).toEqual([])
  const commits = await f.modelsByCommit(events)
  for (const [said, models] of commits) expect(models).toEqual([said])
  expect(new Set(commits.map(([said]) => said)).size).toBe(3)
})
