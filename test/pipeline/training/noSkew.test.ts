import { expect, test } from 'vitest'

import { driftPath, scoredPath, silverPath } from '../../../shared/contract/index.js'
import { decodeForest, ForestWalk } from '../../../shared/models/forest/index.js'
import { featureNames, FolderModelSource, openOnnxScorer } from '../../../shared/models/index.js'
import { runGold } from '../../../shared/pipeline/gold/index.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { featureRows } from '../../../shared/pipeline/training/featureRows.js'
import { trainModel } from '../../../shared/pipeline/training/trainModel.js'
import { DuckDbSession, openDeltaView } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { seedNote, testSeed } from '../../random.js'
import { ok, rowsOf, scoredRows } from '../gold/goldFixture.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { writeSilver } from './trainingFixture.js'

const rows = 4_000

/** The matrix of a table's rows in the order of their offsets, as a training computes it. */
async function matrixOf(lake: Lake, path: string) {
  const source = new FolderModelSource(lake.store.within('models'), 'events-anomaly')
  const files = await source.load((await source.champion())?.version ?? '')
  const snapshot = await lake.table(path).snapshot()
  if (snapshot === undefined) throw new Error(`there is no table ${path}`)
  await using session = await DuckDbSession.open({ memoryLimit: 256 * 2 ** 20 })
  const store = lake.store.within(path)
  using view = await openDeltaView(session, lake.files, { store, state: snapshot, files: snapshot.files })
  await session.run(`CREATE TABLE ordered AS SELECT * FROM (${view.sql}) ORDER BY _offset`)
  const columns = snapshot.schema.fields.map(({ name }) => name)
  return { files, matrix: await featureRows(session, 'ordered', columns, files.card.features, rows) }
}

test('what a training computes of rows is what gold scores them by, number for number', async () => {
  await using f = await SilverFixture.open()
  await writeSilver(f.lake, events, { to: rows })
  await trainModel(f.lake, events, { register: true, seed: testSeed })
  f.clock.advance(2 * 86_400_000)
  const reports = ok(await runGold(f.lake, 'command'))
  const { files, matrix } = await matrixOf(f.lake, silverPath(events))
  expect(files.card.features.map(feature => feature.kind)).toEqual(['numeric', 'log', 'hour', 'category', 'rate'])
  const forest = decodeForest(files.onnx)
  if (forest === undefined) throw new Error('what a training registers is no forest')
  const scored = await scoredRows(f.lake, 'SELECT score, model_digest FROM t ORDER BY _offset')
  expect(
    scored.map(row => row['score']),
    seedNote,
  ).toEqual([...new ForestWalk(forest).score(matrix.values, matrix.rows)])
  expect(new Set(scored.map(row => row['model_digest']))).toEqual(new Set([files.card.sha256]))
  const scorer = await openOnnxScorer(files)
  const byOnnx = await scorer.score(matrix.values, matrix.rows)
  await scorer.close()
  const apart = byOnnx.map((score, row) => Math.abs(score - (scored[row]?.['score'] as number)))
  expect(Math.max(...apart), seedNote).toBeLessThan(1e-6)
  expect((await matrixOf(f.lake, scoredPath(events))).matrix.values).toEqual(matrix.values)
  // The rows that it was trained on are no drift to it, in any column.
  expect(reports.length).toBe(3)
  const drift = await rowsOf(f.lake, driftPath(events), 'SELECT column_name, n, breached FROM t ORDER BY ALL')
  expect(
    drift.map(row => row['column_name']),
    seedNote,
  ).toEqual([...featureNames(files.card.features), 'score'].toSorted())
  // All of it is from ten in the morning to ten at night: what it says of other hours is not known.
  for (const row of drift) {
    const breached = ['hour', 'score'].includes(row['column_name'] as string) ? null : false
    expect(row, seedNote).toMatchObject({ n: BigInt(rows), breached })
  }
})
