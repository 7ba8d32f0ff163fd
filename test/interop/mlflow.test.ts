import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { NamedFeature } from '../../shared/contract/index.js'
import { encodeForest, forestTensors, type Matrix, trainForest } from '../../shared/models/forest/index.js'
import { featureNames, featureWidth, modelDigest, type ModelFiles, openOnnxScorer } from '../../shared/models/index.js'
import { MlflowModelSource, MlflowServer, pushModel, type TrainedModel } from '../../shared/models/mlflow/index.js'
import { type Mlflow, startMlflow } from '../harness/mlflow.js'
import { Random, seedNote } from '../random.js'

const declared: readonly NamedFeature[] = [
  { name: 'value', column: 'value', kind: 'numeric' },
  { name: 'log_value', column: 'value', kind: 'log' },
  { name: 'event_type', column: 'event_type', kind: 'category', most: 32 },
]
const features = [
  { name: 'value', column: 'value', kind: 'numeric' },
  { name: 'log_value', column: 'value', kind: 'log' },
  { name: 'event_type', column: 'event_type', kind: 'category', categories: ['click', 'view'] },
] as const
const columns = featureNames(features)
const width = featureWidth(features)
const target = { experiment: 'our events', model: 'events anomaly', alias: 'champion' }

let mlflow: Mlflow
let server: MlflowServer

beforeAll(async () => {
  mlflow = await startMlflow()
  server = serverAt(mlflow.url)
})
afterAll(async () => {
  await mlflow[Symbol.asyncDispose]()
})

function serverAt(trackingUri: string): MlflowServer {
  const openBlobs = (url: string) => Promise.reject(new Error(`nobody opens ${url} here`))
  return new MlflowServer({ trackingUri, timeoutMs: 120_000, retries: 2, openBlobs })
}

function source(
  name: string,
  select: { by: 'alias'; alias: string } | { by: 'version'; version: string } = { by: 'alias', alias: 'champion' },
) {
  return new MlflowModelSource(server, { name, select, stream: 'events', features: declared, maxBytes: 2 ** 26 })
}

/** Rows of the features above, and a few that stand far out. */
function rows(count: number, seed: number): Matrix {
  const random = new Random(seed)
  const values = Array.from({ length: count }, () => {
    const value = Math.exp(3 + random.next() * 2) * (random.below(50) === 0 ? 100 : 1)
    const click = random.below(2)
    return [value, Math.log1p(value), click, 1 - click]
  })
  return { values: Float32Array.from(values.flat()), width }
}

const nested = ({ values }: Matrix) =>
  Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)])

/** A forest, with what a training says of it. */
async function trained(count: number, version: string): Promise<TrainedModel> {
  const forest = trainForest(rows(count, 1), { trees: 50, sampleSize: 256, seed: 7 })
  const onnx = encodeForest(forest)
  const card = {
    name: 'events-anomaly',
    version,
    stream: 'events',
    features,
    ...forestTensors,
    createdAt: '2025-01-01T00:00:00.000Z',
    sha256: modelDigest(onnx),
  }
  const scores = await score({ card, onnx }, rows(5, 2))
  const golden = nested(rows(5, 2)).map((row, i) => ({ features: row, score: scores[i] ?? Number.NaN }))
  const more = new Map([['plots/scores.svg', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')]])
  return {
    files: { card: { ...card, golden }, onnx, more },
    record: {
      stream: 'events',
      startedAt: Date.UTC(2025, 0, 1),
      endedAt: Date.UTC(2025, 0, 1, 0, 1),
      params: { trees: 50, seed: 7 },
      metrics: [
        { name: 'auc', value: 0.9, step: 0 },
        ...[1, 0.5, 0.25].map((value, step) => ({ name: 'loss', value, step })),
      ],
      dataset: {
        name: 'silver.events',
        url: 'file:///lake/silver/events',
        version: 3,
        digest: 'd'.repeat(64),
        rows: count,
      },
      tags: {},
    },
  }
}

async function score(files: ModelFiles, matrix: Matrix): Promise<readonly number[]> {
  const scorer = await openOnnxScorer(files)
  try {
    return [...(await scorer.score(matrix.values, matrix.values.length / matrix.width))]
  } finally {
    await scorer.close()
  }
}

/** The largest distance of two numbers at the same place. */
function distance(ours: readonly number[], theirs: readonly number[]): number {
  expect(ours).toHaveLength(theirs.length)
  return Math.max(...ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN))))
}

describe('a server with nothing in it', () => {
  test('has no champion, by alias or by version', async () => {
    expect(await source('nothing').champion()).toBeUndefined()
    expect(await source('nothing', { by: 'version', version: '1' }).champion()).toBeUndefined()
  })

  test('says which host names it does not serve', async () => {
    const other = serverAt(mlflow.url.replace('127.0.0.1', 'localhost'))
    await expect(other.registry.find('m', { by: 'version', version: '1' })).rejects.toThrow(
      /Start it with --allowed-hosts localhost:/,
    )
  })
})

describe('what we push', () => {
  test("is all there for MLflow's own client, twice, and predicts the same there", { timeout: 600_000 }, async () => {
    for (const [number, count] of [
      ['1', 1000],
      ['2', 3000],
    ] as const) {
      const model = await trained(count, number)
      expect(await pushModel(server, model, target)).toMatchObject({ outcome: 'pushed', version: number })
      const matrix = rows(500, Number(number) + 10)
      const seen = (await mlflow.python('read_mlflow.py', { ...target, rows: nested(matrix) })) as Seen
      expect(distance(await score(model.files, matrix), seen.predictions), seedNote).toBeLessThan(1e-6)
      expect(
        distance(
          (model.files.card.golden ?? []).map(({ score = Number.NaN }) => score),
          seen.example,
        ),
      ).toBeLessThan(1e-6)
      expect(seen).toMatchObject({
        version: { number, source: `models:/${seen.logged.id}`, status: 'READY', aliases: ['champion'] },
        run: {
          status: 'FINISHED',
          experiment: 'our events',
          params: { trees: '50', seed: '7' },
          metrics: { auc: 0.9, loss: 0.25 },
          history: [
            [0, 1],
            [1, 0.5],
            [2, 0.25],
          ],
          outputs: [seen.logged.id],
          plots: ['plots/scores.svg'],
        },
        dataset: {
          name: 'silver.events',
          context: { 'mlflow.data.context': 'training' },
          path: 'file:///lake/silver/events',
          version: 3,
        },
        logged: { status: 'READY', metrics: { auc: 0.9 } },
        signature: columns,
      })
    }
  })

  test('comes back as it went, and is not pushed twice', async () => {
    const model = await trained(1000, '1')
    expect(await pushModel(server, model, target)).toMatchObject({ outcome: 'already there', version: '1' })
    const champion = await source(target.model).champion()
    expect(champion).toEqual({ name: target.model, version: '1', digest: model.files.card.sha256 })
    const back = await source(target.model).load('1')
    expect(back.card).toEqual({ ...model.files.card, name: target.model })
    expect(Buffer.from(back.onnx)).toEqual(Buffer.from(model.files.onnx))
  })
})

describe("Python's models", () => {
  const matrix = rows(300, 99)
  let theirs: Readonly<Record<string, readonly number[]>>

  beforeAll(async () => {
    theirs = (await mlflow.python('register_mlflow.py', { columns, rows: nested(matrix), features })) as typeof theirs
  })

  test.each(['sklearn forest', 'lightgbm', "xgboost's 100%", 'torch'])('%s scores here as there', async name => {
    const champion = await source(name).champion()
    const files = await source(name).load(champion?.version ?? '')
    expect(files.card.features).toEqual(features)
    expect(distance(await score(files, matrix), theirs[name] ?? []), seedNote).toBeLessThan(1e-4)
  })

  test('bring their examples and their tensors along', async () => {
    const examples = (await source('sklearn forest').load('1')).card.golden?.map(vector => vector.features)
    expect(examples).toHaveLength(3)
    expect(distance(examples?.flat() ?? [], nested(matrix).slice(0, 3).flat())).toBeLessThan(1e-3)
    const torch = await source('torch').load('1')
    expect(torch.card.golden).toHaveLength(2)
    expect(torch.external?.size).toBe(1)
    expect(torch.card.sha256).toBe(modelDigest(torch.onnx, torch.external))
  })

  test('a classifier with map outputs is refused, and is told how else', async () => {
    await expect(score(await source('zipmap').load('1'), matrix)).rejects.toThrow(/zipmap/i)
  })

  test('that the stream has no features for are refused', async () => {
    const select = { by: 'version', version: '1' } as const
    const other = new MlflowModelSource(server, {
      name: 'lightgbm',
      select,
      stream: 'events',
      features: declared.slice(0, 2),
      maxBytes: 2 ** 26,
    })
    await expect(other.load('1')).rejects.toThrow(
      'takes "event_type=click"; the stream\'s contract offers "value", "log_value".',
    )
  })
})

/** What read_mlflow.py prints, as far as the tests name it. */
interface Seen {
  readonly logged: { readonly id: string }
  readonly example: readonly number[]
  readonly predictions: readonly number[]
}
