import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { silverPath, type Stream } from '../../shared/contract/index.js'
import { featureNames } from '../../shared/models/index.js'
import { openMlflow } from '../../shared/models/mlflow/index.js'
import { runGold } from '../../shared/pipeline/gold/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { refreshModels } from '../../shared/pipeline/models/index.js'
import {
  type LakeModel,
  lakeModelOf,
  promoteChampion,
  rollbackChampion,
  runTraining,
} from '../../shared/pipeline/training/index.js'
import { type Mlflow, startMlflow } from '../harness/mlflow.js'
import { events } from '../harness/sampleStream/events.js'
import { ok, rowsOf, scoredRows } from '../pipeline/gold/goldFixture.js'
import { SilverFixture } from '../pipeline/silver/silverFixture.js'
import { writeSilver } from '../pipeline/training/trainingFixture.js'
import { seedNote, testSeed } from '../random.js'

let mlflow: Mlflow

beforeAll(async () => {
  mlflow = await startMlflow()
})
afterAll(async () => {
  await mlflow[Symbol.asyncDispose]()
})

/** A lake whose model is on the server. */
function openLake(
  model: string,
  settings: Readonly<Record<string, string>> = {},
  streams: readonly Stream[] = [events],
): Promise<SilverFixture> {
  const server = { MLFLOW_TRACKING_URI: mlflow.url, MODEL_URI: `models:/${encodeURIComponent(model)}@champion` }
  return SilverFixture.open(undefined, streams, { ...server, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0', ...settings })
}

/** A folder of the lake on the disk. */
async function folderOf(lake: Lake, path: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'model-'))
  for await (const { path: file } of lake.store.list(`${path}/`)) {
    const place = join(folder, file.slice(path.length + 1))
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, (await lake.store.get(file)) ?? new Uint8Array())
  }
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

function modelOf(lake: Lake, stream: Stream): LakeModel {
  const model = lakeModelOf(lake, stream)
  if (model === undefined) throw new Error(`the stream ${stream.name} has no model`)
  return model
}

/** Copies what is new from the server, and scores what is new in silver. */
async function score(lake: Lake): Promise<void> {
  ok(await refreshModels(lake, 'command'))
  ok(await runGold(lake, 'command'))
}

/** Trains a version and keeps it, in the lake and on the server. */
async function train(lake: Lake, version: string, stream: Stream = events, seed = testSeed): Promise<void> {
  const { report, outcome } = await runTraining(lake, stream, 'command', { register: true, seed })
  ok([report])
  expect(outcome, seedNote).toMatchObject({ kind: 'trained', version, tracking: { kind: 'tracked', version } })
}

const models = (lake: Lake) =>
  scoredRows(lake, 'SELECT model_name, model_version, model_digest, count(*) AS n FROM t GROUP BY ALL ORDER BY ALL')

describe('a lake whose model is on a server with nothing in it', () => {
  test(
    'trains it there, twice, and scores with the copy, also while the server is down',
    { timeout: 600_000 },
    async () => {
      // By so much no second version can be better: it is promoted by hand.
      await using f = await openLake('events anomaly', { MODEL_PROMOTION_MARGIN: '1' })
      const { lake } = f
      await writeSilver(lake, events, { to: 2_000 })
      await train(lake, '1')
      await score(lake)
      await writeSilver(lake, events, { from: 2_000, to: 3_000 })
      await train(lake, '2')
      await score(lake)
      const model = modelOf(lake, events)
      await promoteChampion(lake, events, model, '2')
      await writeSilver(lake, events, { from: 3_000, to: 4_000 })
      await score(lake)
      const { card } = await model.versions.load('2')
      const golden = card.golden ?? []
      await using folder = await folderOf(lake, `models/${model.name}/2`)
      const rows = golden.map(({ features }) => features)
      const asked = { model: 'events anomaly', alias: 'champion', rows, folder: folder.path }
      const seen = (await mlflow.python('read_mlflow.py', asked)) as {
        readonly predictions: readonly number[]
        readonly version: { readonly number: string; readonly tags: Readonly<Record<string, string>> }
        readonly run: { readonly metrics: Readonly<Record<string, number>>; readonly plots: readonly string[] }
        readonly folder: Readonly<Record<'predictions' | 'example', readonly number[]>> &
          Readonly<Record<string, unknown>>
      }
      expect(seen.version.number).toBe('2')
      const apart = golden.map(({ score = Number.NaN }, i) => Math.abs(score - (seen.predictions[i] ?? Number.NaN)))
      expect(Math.max(...apart), seedNote).toBeLessThan(1e-6)
      // The version's folder in the lake is the same to Python.
      expect(seen.folder.predictions).toEqual(seen.predictions)
      expect(seen.folder.example).toEqual(seen.predictions)
      const [registered] = await rowsOf(
        lake,
        'model_runs',
        "SELECT run_id FROM t WHERE event = 'registered' AND version = '2'",
      )
      expect(seen.folder).toMatchObject({ signature: featureNames(card.features), run: registered?.['run_id'] })
      expect(seen.run.metrics['auc']).toBeGreaterThan(0.5)
      expect(seen.run.plots).toEqual(['plots/precision_recall.svg', 'plots/score_histogram.svg'])

      const down = await SilverFixture.open(lake.store, undefined, {
        MLFLOW_TRACKING_URI: 'http://127.0.0.1:9',
        MODEL_URI: 'models:/events anomaly@champion',
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
      })
      await using offline = down
      const [refreshed] = await refreshModels(offline.lake, 'command')
      expect(refreshed?.error).toMatchObject({ code: 'MLFLOW_UNREACHABLE' })
      ok(await runGold(offline.lake, 'command'))
      const scored = await models(offline.lake)
      expect(scored.map(row => [row['model_name'], row['model_version'], row['n']])).toEqual([
        ['events anomaly', '1', 3_000n],
        ['events anomaly', '2', 1_000n],
      ])
      expect(Object.values(seen.version.tags)).toContain(scored[1]?.['model_digest'])
    },
  )
})

describe('a promotion, and a rollback', () => {
  const orders = { ...events, name: 'orders', topic: 'orders' }
  const settings = { MODEL_URI: "models:/it's {stream} 100%25%3F@champion" }
  const name = (stream: Stream) => `it's ${stream.name} 100%?`

  /** What the aliases of a stream's model point to on the server. */
  async function aliases(lake: Lake, stream: Stream): Promise<readonly (string | undefined)[]> {
    const registry = openMlflow(lake.settings, lake.store)?.registry
    const champion = await registry?.find(name(stream), { by: 'alias', alias: 'champion' })
    const previous = await registry?.find(name(stream), { by: 'alias', alias: 'previous' })
    return [champion?.version, previous?.version]
  }

  test(
    'move the alias of one stream on the server and keep the one before there, whatever the names hold',
    { timeout: 600_000 },
    async () => {
      await using f = await openLake('none', { ...settings, MODEL_PROMOTION_MARGIN: '1' }, [events, orders])
      const { lake } = f
      for (const stream of [events, orders]) {
        await writeSilver(lake, stream, { to: 2_000 })
        await train(lake, '1', stream)
        // Champion by the alias, although nothing was copied yet.
        await train(lake, '2', stream, testSeed + 1)
        expect(await aliases(lake, stream)).toEqual(['1', undefined])
      }
      const model = modelOf(lake, events)
      expect(await promoteChampion(lake, events, model, '2')).toEqual({
        lake: { version: '2', previous: '1' },
        server: { version: '2', previous: '1' },
      })
      expect([await aliases(lake, events), await aliases(lake, orders)]).toEqual([
        ['2', '1'],
        ['1', undefined],
      ])
      ok(await refreshModels(lake, 'command'))
      expect((await model.champion())?.card.version).toBe('2')

      // A lake that knows of no version, as after one was lost.
      await using other = await openLake('none', settings, [events, orders])
      expect(await rollbackChampion(other.lake, events, modelOf(other.lake, events))).toEqual({
        lake: undefined,
        server: { version: '1', previous: '2' },
      })
      expect(await rollbackChampion(lake, events, model)).toEqual({
        lake: { version: '2', previous: '1' },
        server: { version: '2', previous: '1' },
      })
      expect(await aliases(lake, events)).toEqual(['2', '1'])
      await expect(rollbackChampion(lake, orders, modelOf(lake, orders))).rejects.toThrow(
        "it's orders 100%?@champion is version 1 on the MLflow server, and no version before it is known there",
      )
      const [rolledBack] = await rowsOf(lake, 'model_runs', "SELECT * FROM t WHERE event = 'rolled_back'")
      expect(rolledBack).toMatchObject({ stream: 'events', version: '2' })
    },
  )

  test('of a stream whose model is one version move nothing', async () => {
    await using f = await openLake('none', { MODEL_URI: 'models:/m/3' })
    await expect(rollbackChampion(f.lake, events, modelOf(f.lake, events))).rejects.toThrow(
      'Nothing was promoted. Gold of events does not follow: it scores with version 3 of m until MODEL_URI names',
    )
  })
})

describe("gold with Python's models", () => {
  const columns = ['value', 'log_value', 'event_type=click', 'event_type=view']
  let theirs: Readonly<Record<string, readonly number[]>>

  beforeAll(async () => {
    await using f = await openLake('none')
    await writeSilver(f.lake, events, { to: 300 })
    const silver = await rowsOf(
      f.lake,
      silverPath(events),
      'SELECT event_type, value FROM t ORDER BY _partition, _offset',
    )
    const rows = silver.map(({ event_type: type, value }) => [
      Number(value),
      Math.sign(Number(value)) * Math.log1p(Math.abs(Number(value))),
      type === 'click' ? 1 : 0,
      type === 'view' ? 1 : 0,
    ])
    const features = [
      { name: 'value', column: 'value', kind: 'numeric' },
      { name: 'log_value', column: 'value', kind: 'log' },
      { name: 'event_type', column: 'event_type', kind: 'category', categories: ['click', 'view'] },
    ]
    theirs = (await mlflow.python('register_mlflow.py', { columns, rows, features })) as typeof theirs
  })

  test.each(['sklearn forest', 'lightgbm', "xgboost's 100%", 'torch'])(
    '%s: the scores that Python has',
    async model => {
      await using f = await openLake(model)
      await writeSilver(f.lake, events, { to: 300 })
      await score(f.lake)
      const scores = (await scoredRows(f.lake)).map(row => Number(row['score']))
      const distance = Math.max(...scores.map((value, i) => Math.abs(value - (theirs[model]?.[i] ?? Number.NaN))))
      expect(scores).toHaveLength(300)
      expect(distance).toBeLessThan(1e-4)
      expect(await models(f.lake)).toMatchObject([{ model_name: model, model_version: '1', n: 300n }])
    },
  )
})
