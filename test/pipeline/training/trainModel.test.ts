import { describe, expect, test } from 'vitest'

import { ModelVersions, starterModel } from '../../../shared/models/index.js'
import { scoreSilver } from '../../../shared/pipeline/gold/goldStep.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { promoteVersion, rollbackModel } from '../../../shared/pipeline/training/promotion.js'
import { decide } from '../../../shared/pipeline/training/promotionRule.js'
import { lakeModelOf } from '../../../shared/pipeline/training/streamModels.js'
import { trainModel } from '../../../shared/pipeline/training/trainModel.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { readDescription } from '../../models/mlflow/mlmodelParts.js'
import { seedNote, testSeed } from '../../random.js'
import { scoredRows } from '../gold/goldFixture.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { modelRuns, writeSilver } from './trainingFixture.js'

const name = 'events-anomaly'
const register = { register: true, seed: testSeed }

function modelOf(lake: Lake) {
  const model = lakeModelOf(lake, events)
  if (model === undefined) throw new Error('the sample stream has no model')
  return model
}

async function trained(lake: Lake, options: Parameters<typeof trainModel>[2] = register) {
  const outcome = await trainModel(lake, events, options)
  if (outcome.kind === 'refused') throw new Error(outcome.why)
  return outcome
}

/** A lake whose champion stays unless it is beaten by far: few rows tell little. */
const strict = (margin: number) => SilverFixture.open(undefined, undefined, { MODEL_PROMOTION_MARGIN: String(margin) })

const pointer = (lake: Lake) => new ModelVersions(lake.store.within('models'), name).pointer()

describe('a training', () => {
  test('finds the injected anomalies, is registered, and becomes champion of a lake without one', async () => {
    await using f = await SilverFixture.open()
    await writeSilver(f.lake, events, { to: 20_000 })
    const outcome = await trained(f.lake)
    expect(outcome).toMatchObject({ version: '1', promoted: true, rows: 16_000 })
    expect(outcome.evaluation.auc, seedNote).toBeGreaterThan(0.9)
    // Four times as many as at random.
    expect(outcome.evaluation.precisionAt1, seedNote).toBeGreaterThan(0.08)
    expect(Object.keys(outcome.evaluation.aucByKind).sort()).toEqual(['time', 'type', 'value'])
    expect(await pointer(f.lake)).toEqual({ version: '1' })
    const files: string[] = []
    for await (const { path } of f.lake.store.list(`models/${name}/1/`))
      files.push(path.slice(`models/${name}/1/`.length))
    expect(files).toEqual([
      'MLmodel',
      'conda.yaml',
      'input_example.json',
      'metrics.json',
      'model.json',
      'model.onnx',
      'plots/precision_recall.svg',
      'plots/score_histogram.svg',
      'python_env.yaml',
      'reference.json',
      'requirements.txt',
      'serving_input_example.json',
      'training.json',
    ])
    const description = await f.lake.store.get(`models/${name}/1/MLmodel`)
    const { card } = await modelOf(f.lake).versions.load('1')
    const { written, features } = await readDescription(description ?? new Uint8Array(), {
      declared: events.model?.features ?? [],
      fitted: card.features,
    })
    expect(written).toMatchObject({
      onnxFile: 'model.onnx',
      modelId: undefined,
      runId: outcome.runId,
      createdAt: card.createdAt,
      inputExample: { path: 'input_example.json' },
      metadata: { stream: 'events', threshold: card.threshold, features: card.features },
    })
    expect(features).toEqual(card.features)
    const rows = await modelRuns(f.lake)
    expect(rows.map(row => row['event'])).toEqual(['trained', 'registered', 'promoted'])
    expect(new Set(rows.map(row => row['run_id'])).size).toBe(1)
    expect(rows[0]).toMatchObject({
      seed: BigInt(testSeed),
      rows: 16_000n,
      dataset_version: 1n,
      auc: outcome.evaluation.auc,
    })
  })

  test('is what gold scores with from its next run on, and one usual row in a hundred is an anomaly to it', async () => {
    await using f = await SilverFixture.open()
    await writeSilver(f.lake, events, { to: 10_000 })
    const { threshold } = await trained(f.lake)
    expect((await scoreSilver(f.lake, events)).error).toBeUndefined()
    const [scored] = await scoredRows(
      f.lake,
      'SELECT count(score) AS n, min(model_version) AS version, count(*) FILTER (is_anomaly) AS anomalies FROM t',
    )
    expect(scored).toMatchObject({ n: 10_000n, version: '1' })
    expect(threshold, seedNote).toBeGreaterThan(0.5)
    // Rows that it was trained on are a little more usual to it.
    expect(Number(scored?.['anomalies']), seedNote).toBeGreaterThan(20)
    expect(Number(scored?.['anomalies']), seedNote).toBeLessThan(180)
  })

  test('the same seed and rows give the same model, however the rows lie in files', async () => {
    await using one = await SilverFixture.open()
    await writeSilver(one.lake, events, { to: 3_000 })
    await using many = await SilverFixture.open(undefined, undefined, { SILVER_MAX_ROWS_PER_RUN: '700' })
    for (const from of [2_000, 0, 1_000]) await writeSilver(many.lake, events, { from, to: from + 1_000 })
    const options = { register: true, seed: 5, rows: 2_000 }
    await trained(one.lake, options)
    await trained(many.lake, options)
    const digest = async (lake: Lake) => (await modelOf(lake).versions.load('1')).card.sha256
    expect(await digest(one.lake)).toBe(await digest(many.lake))
  })

  test('again on the same rows with the same seed is the version that there is: none is registered or promoted twice', async () => {
    await using f = await strict(0)
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    expect(await trained(f.lake)).toMatchObject({
      version: '1',
      promoted: false,
      why: expect.stringMatching(/it is version 1, the champion, itself, as the same rows and seed/) as string,
    })
    await trained(f.lake, { register: true, seed: testSeed + 1 })
    await modelOf(f.lake).versions.point('2')
    expect((await trained(f.lake)).why).toMatch(/It is version 1, which was registered before\./)
    expect(await f.lake.store.folders(`models/${name}`)).toEqual(['1', '2'])
    const registered = (await modelRuns(f.lake)).filter(row => row['event'] === 'registered')
    expect(registered.map(row => row['version'])).toEqual(['1', '2'])
    // The same file under other names of its columns is another model.
    const model = events.model
    const features = model?.features.map(spec => ({ ...spec, name: `${spec.name}s` })) ?? []
    const renamed = { ...events, model: model === undefined ? undefined : { ...model, features } }
    expect(await trainModel(f.lake, renamed, register)).toMatchObject({ version: '3' })
  })

  test('without --register it is measured and recorded, and nothing is kept', async () => {
    await using f = await SilverFixture.open()
    await writeSilver(f.lake, events, { to: 1_300 })
    expect(await trained(f.lake, { seed: 1 })).toMatchObject({ version: undefined, promoted: false })
    expect(await f.lake.store.folders('models')).toEqual([])
    expect((await modelRuns(f.lake)).map(row => [row['event'], row['version']])).toEqual([['trained', null]])
  })

  test('on less than a day says which hours of day it knows; on a day or more it says nothing', async () => {
    await using f = await SilverFixture.open()
    const minutes = '(9 + (i % 1000) / 5000.0) * 3.6e9'
    await writeSilver(f.lake, events, { to: 2_000, time: minutes })
    expect((await trained(f.lake, { seed: testSeed })).note).toMatch(
      /from 2025-04-01 09:00 to 2025-04-01 09:11 UTC, hour 9 only: the feature hour was learned from those/,
    )
    await writeSilver(f.lake, events, { from: 2_000, to: 4_000, time: `(i % 1000) / 990.0 * 86.4e9` })
    expect((await trained(f.lake, { seed: testSeed })).note).toBeUndefined()
  })

  test('rows before --since are left out', async () => {
    await using f = await SilverFixture.open()
    await writeSilver(f.lake, events, { to: 5_000, time: 'i * 1e6' })
    const since = Date.UTC(2025, 3, 1) + 2_000_000
    expect(await trained(f.lake, { since, seed: 1 })).toMatchObject({ rows: 2_400 })
  })
})

describe('nothing is registered, and the sentence says why, when there', () => {
  const cases: readonly (readonly [string, Parameters<typeof writeSilver>[2] | undefined, RegExp])[] = [
    ['is no silver', undefined, /silver of events has no rows yet.*lake run silver/],
    ['are too few rows', { to: 900 }, /has 720 rows to train on, and at least 1,000 are needed/],
    ['is a constant column', { to: 2_000, value: '7' }, /the feature value is 7 in all of 1,600 rows.*Leave it out/],
    ['is one category only', { to: 2_000, type: "'click'" }, /the feature event_type=click is 1 in all of 1,600 rows/],
    ['are nulls only', { to: 2_000, value: 'NULL' }, /the feature value has no value in any of 1,600 rows.*is null/],
    [
      'are too few rows without nulls',
      { to: 2_000, value: 'CASE WHEN i % 2 = 0 THEN i END' },
      /have a null in a feature/,
    ],
  ]
  test.each(cases)('%s', async (_, rows, why) => {
    await using f = await SilverFixture.open()
    if (rows !== undefined) await writeSilver(f.lake, events, rows)
    const outcome = await trainModel(f.lake, events, { register: true, seed: 3 })
    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) as string })
    expect(await f.lake.store.folders('models')).toEqual([])
    expect((await modelRuns(f.lake)).map(row => [row['event'], row['reason']])).toEqual([
      ['refused', expect.stringMatching(why)],
    ])
  })
})

describe('promotion', () => {
  test('a champion that is as good stays; one that is worse gives way and is kept as previous', async () => {
    await using f = await strict(0.1)
    await writeSilver(f.lake, events, { to: 5_000 })
    await trained(f.lake)
    const again = await trained(f.lake, { register: true, seed: testSeed + 1 })
    expect(again, seedNote).toMatchObject({ version: '2', promoted: false })
    expect(again.why).toMatch(/does not beat the 0\.\d+ of version 1 by 0\.1/)
    expect(await pointer(f.lake)).toEqual({ version: '1' })
    // The model that ships knows other types of events.
    const { versions } = modelOf(f.lake)
    const starter = starterModel(name)
    await f.lake.store.put(`models/${name}/starter-1/model.onnx`, starter.onnx)
    await f.lake.store.put(
      `models/${name}/starter-1/model.json`,
      new TextEncoder().encode(JSON.stringify({ ...starter.card, created_at: starter.card.createdAt })),
    )
    await versions.point('starter-1')
    await using eager = await SilverFixture.open(f.lake.store, undefined, { MODEL_PROMOTION_MARGIN: '0.02' })
    const third = await trained(eager.lake, { register: true, seed: testSeed + 2 })
    expect(third).toMatchObject({ version: '3', promoted: true, champion: { version: 'starter-1' } })
    expect(await pointer(f.lake)).toEqual({ version: '3', previous: 'starter-1' })
  })

  test('a champion that cannot score is replaced, and the reason says so', () => {
    const evaluation = { auc: 0.7, precisionAt1: 0, aucByKind: {} }
    expect(decide({ evaluation, champion: { version: '4', evaluation: undefined, why: 'it hangs.' } }, 0.01)).toEqual({
      promotes: true,
      why: 'AUC 0.7000, and version 4 cannot score: it hangs.',
    })
    const champion = { version: '4', evaluation: { ...evaluation, auc: 0.695 } }
    expect(decide({ evaluation, champion }, 0.01).promotes).toBe(false)
    expect(decide({ evaluation, champion }, 0.005).promotes).toBe(true)
  })

  test('rollback takes the previous one back, and each change is a row', async () => {
    await using f = await strict(0.4)
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    await trained(f.lake, { register: true, seed: testSeed + 1 })
    await promoteVersion(f.lake, events, modelOf(f.lake), '2', { reason: 'by hand' })
    expect(await rollbackModel(f.lake, events, modelOf(f.lake))).toEqual({ version: '1', previous: '2' })
    const changes = (await modelRuns(f.lake)).filter(row => row['event'] !== 'trained' && row['event'] !== 'registered')
    expect(changes.map(row => [row['event'], row['version'], row['champion_version']])).toEqual([
      ['promoted', '1', null],
      ['refused', '2', '1'],
      ['promoted', '2', '1'],
      ['rolled_back', '1', '2'],
    ])
  })

  test('a rollback without a champion before, and a version that is not there, change nothing', async () => {
    await using f = await strict(0.4)
    const model = modelOf(f.lake)
    await expect(rollbackModel(f.lake, events, model)).rejects.toThrow(/has no champion\. Choose a version/)
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    await expect(rollbackModel(f.lake, events, model)).rejects.toThrow(/no champion before version 1/)
    await expect(promoteVersion(f.lake, events, model, '9', {})).rejects.toThrow(/9\/model\.json is not there/)
    expect(await pointer(f.lake)).toEqual({ version: '1' })
  })

  test('a promotion by hand records the one before it that has no row', async () => {
    await using f = await strict(0.4)
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    await trained(f.lake, { register: true, seed: 8 })
    await modelOf(f.lake).versions.point('2')
    await rollbackModel(f.lake, events, modelOf(f.lake))
    const changes = (await modelRuns(f.lake)).filter(
      row => row['event'] === 'promoted' || row['event'] === 'rolled_back',
    )
    expect(changes.map(row => [row['event'], row['version']])).toEqual([
      ['promoted', '1'],
      ['promoted', '2'],
      ['rolled_back', '1'],
    ])
  })

  test('a champion without a row, because its process ended in between, gets one by the next training', async () => {
    await using f = await strict(0.4)
    await writeSilver(f.lake, events, { to: 1_300 })
    await trained(f.lake)
    await trained(f.lake, { register: true, seed: 8 })
    await modelOf(f.lake).versions.point('2')
    await trained(f.lake, { seed: 9 })
    expect((await modelRuns(f.lake)).filter(row => row['event'] === 'promoted')).toMatchObject([
      { version: '1' },
      { version: '2', reason: expect.stringMatching(/without a row/) as string },
    ])
  })
})

describe('a process that ends between two writes', () => {
  const steps = [
    ['of the rows of a registration', (path: string) => path.startsWith('model_runs/_delta_log/'), 1],
    ['of the pointer', (path: string) => path.endsWith('/champion.json'), 0],
    ['of the row of a promotion', (path: string) => path.startsWith('model_runs/_delta_log/'), 2],
  ] as const
  test.each(steps)(
    'before that %s: the pointer names a whole version, and the next training goes on',
    async (_, path, after) => {
      const store = new MemoryStore()
      const faults = new Faults()
      await using f = await SilverFixture.open(new FaultyStore(store, faults))
      await writeSilver(f.lake, events, { to: 1_300 })
      const fault = { kind: 'fail', retryable: false } as const
      faults.add({ on: ['put', 'putIfAbsent'], path, fault, after, times: Infinity })
      await expect(trainModel(f.lake, events, register)).rejects.toThrow()
      expect(faults.struck).toBeGreaterThan(0)
      await using next = await SilverFixture.open(store)
      const { versions } = modelOf(next.lake)
      const named = await versions.pointer()
      if (named !== undefined) await versions.load(named.version)
      expect((await trained(next.lake, { register: true, seed: testSeed + 1 })).version).toBe('2')
      const promoted = (await modelRuns(next.lake)).filter(row => row['event'] === 'promoted')
      expect(promoted.at(-1)?.['version']).toBe((await versions.pointer())?.version)
    },
  )
})
