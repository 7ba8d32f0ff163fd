import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, double, numeric, scoredPath, timestamp } from '../../../shared/contract/index.js'
import { commitInfoOf } from '../../../shared/delta/index.js'
import { encodeModelCard, FolderModelSource, type ModelCard, starterModel } from '../../../shared/models/index.js'
import { rebuildGold, runGold, scoreSilver } from '../../../shared/pipeline/gold/goldStep.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { minute, SilverFixture } from '../silver/silverFixture.js'
import { ok, scoredRows, silverOf, summaryRows } from './goldFixture.js'

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Puts a version of the model there and makes it champion. */
async function promote(f: SilverFixture, version: string, change: Partial<ModelCard> = {}): Promise<void> {
  const { card, onnx } = starterModel('events-anomaly')
  await f.lake.store.put(`models/events-anomaly/${version}/model.onnx`, onnx)
  await f.lake.store.put(
    `models/events-anomaly/${version}/model.json`,
    encodeModelCard({ ...card, version, ...change }),
  )
  await f.lake.store.put('models/events-anomaly/champion.json', text({ version }))
}

test('rows of silver get a score by the model that ships, and a window', async () => {
  await using f = await SilverFixture.open()
  await silverOf(f, [
    [
      { id: 'a', type: 'click', value: 1984 },
      { id: 'b', type: 'click', value: 30_000 },
      { id: 'c', type: 'purchase', value: 8_500 },
      { id: 'd', type: 'never seen', value: 1e300 },
    ],
  ])
  const [score, summary] = ok(await runGold(f.lake, 'timer'))
  expect(score?.detail).toMatchObject({ model: 'events-anomaly', scored: 4, anomalies: 1 })
  const { sha256 } = starterModel('events-anomaly').card
  expect(
    (await scoredRows(f.lake)).map(r => [r['event_id'], r['is_anomaly'], r['model_version'], r['model_digest']]),
  ).toEqual([
    ['a', false, 'starter-1', sha256],
    ['b', true, 'starter-1', sha256],
    ['c', false, 'starter-1', sha256],
    ['d', false, 'starter-1', sha256],
  ])
  expect(summary?.detail).toMatchObject({ windows: 1 })
  const counts = await summaryRows(
    f.lake,
    'SELECT event_type, events, anomalies, scored, value_sum, value_p50 FROM t ORDER BY 1',
  )
  expect(counts.map(r => Object.values(r))).toEqual([
    ['click', 2n, 1n, 2n, 31_984, 15_992],
    ['never seen', 1n, 0n, 1n, 1e300, 1e300],
    ['purchase', 1n, 0n, 1n, 8_500, 8_500],
  ])
  const scores = await summaryRows(f.lake, 'SELECT score_p50, score_p95, score_p99 FROM t ORDER BY event_type')
  const exact = await scoredRows(
    f.lake,
    'SELECT quantile_cont(score, 0.5) AS score_p50, quantile_cont(score, 0.95) AS score_p95, quantile_cont(score, 0.99) AS score_p99 FROM t GROUP BY event_type ORDER BY event_type',
  )
  expect(scores).toEqual(exact)
  expect((await runGold(f.lake, 'timer')).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
})

test('before there is a silver table there is nothing to do', async () => {
  await using f = await SilverFixture.open()
  expect((await runGold(f.lake, 'timer')).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
})

test('a timer takes a bounded piece and says that more is left; a command goes on to the end', async () => {
  await using f = await SilverFixture.open()
  for (const id of ['a', 'b', 'c', 'd']) await silverOf(f, [[{ id }]])
  expect((await runGold(f.lake, 'timer', { maxRows: 2 })).map(r => [r.rowsIn, r.more])).toEqual([
    [2, true],
    [2, false],
  ])
  ok(await runGold(f.lake, 'command', { maxRows: 1 }))
  expect((await scoredRows(f.lake)).map(r => r['event_id'])).toEqual(['a', 'b', 'c', 'd'])
  expect(await summaryRows(f.lake, 'SELECT events FROM t')).toEqual([{ events: 4n }])
})

describe('a model', () => {
  test('that is promoted scores from the next run on; what is scored stays until a rebuild', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[{ id: 'a' }]])
    ok(await runGold(f.lake, 'timer'))
    await promote(f, '2')
    await silverOf(f, [[{ id: 'b' }]])
    ok(await runGold(f.lake, 'timer'))
    const versions = async () => (await scoredRows(f.lake)).map(r => r['model_version'])
    expect(await versions()).toEqual(['starter-1', '2'])
    ok(await rebuildGold(f.lake, events))
    expect(await versions()).toEqual(['2', '2'])
    expect((await runGold(f.lake, 'timer')).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
  })

  test('that does not fit the contract stops scoring by name, and no row is lost', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', { features: [{ column: 'amount', kind: 'numeric' }] })
    await silverOf(f, [[{ id: 'a' }]])
    const [score] = await runGold(f.lake, 'timer')
    expect(score?.error).toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(
        /needs the column amount as a number, and the contract of events has no such column/,
      ) as string,
    })
    await promote(f, '2', { features: [{ column: 'event_type', kind: 'numeric' }] })
    expect((await scoreSilver(f.lake, events)).error?.message).toMatch(/event_type as a number.*has it as string/)
    await promote(f, '3')
    ok(await runGold(f.lake, 'timer'))
    expect((await scoredRows(f.lake)).map(r => [r['event_id'], r['model_version']])).toEqual([['a', '3']])
  })

  test('that breaks does not stop a process that has a good one', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[{ id: 'a' }]])
    ok(await runGold(f.lake, 'timer'))
    await promote(f, '2')
    await f.lake.store.put('models/events-anomaly/2/model.onnx', text('cut off'))
    await silverOf(f, [[{ id: 'b' }]])
    ok(await runGold(f.lake, 'timer'))
    expect((await scoredRows(f.lake)).map(r => r['model_version'])).toEqual(['starter-1', 'starter-1'])
    expect((await scoreSilver(await f.other(), events)).outcome).toBe('nothingToDo')
    await silverOf(f, [[{ id: 'c' }]])
    expect((await scoreSilver(await f.other(), events)).error).toMatchObject({ code: 'MODEL_MISMATCH' })
  })

  test('may be of each stream its own, by its name', async () => {
    await using f = await SilverFixture.open(undefined, undefined, { MODEL_URI: 'lake:models/m-{stream}' })
    await silverOf(f, [[{ id: 'a' }]])
    const [score] = ok(await runGold(f.lake, 'timer'))
    expect(score?.detail).toMatchObject({ model: 'm-events', scored: 1 })
  })

  test('of another stream gives no score, and rows flow on', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', { stream: 'orders' })
    await silverOf(f, [[{ id: 'a' }]])
    const [score] = ok(await runGold(f.lake, 'timer'))
    expect(score?.detail).toMatchObject({ model: 'none', scored: 0 })
    expect(await scoredRows(f.lake, 'SELECT score, is_anomaly, model_name, model_digest, scored_at FROM t')).toEqual([
      { score: null, is_anomaly: null, model_name: null, model_digest: null, scored_at: null },
    ])
    expect(await summaryRows(f.lake, 'SELECT events, scored, anomalies FROM t')).toEqual([
      { events: 1n, scored: 0n, anomalies: 0n },
    ])
  })

  test('gives no score to a row whose value is null, and calls it no anomaly: null is not 0', async () => {
    const orders = defineStream({
      name: 'events',
      topic: 'events',
      key: 'event_id',
      eventTime: 'timestamp',
      allowedLateness: '10 minutes',
      dedupeWithin: '1 day',
      clusterBy: ['event_type'],
      schema: z.object({
        event_id: z.string(),
        event_type: z.string(),
        timestamp: timestamp(),
        value: double().nullable(),
      }),
      model: { uri: 'lake:models/events-anomaly', features: { value: numeric('value') } },
    })
    await using f = await SilverFixture.open(undefined, [orders])
    await f.bronze(
      [
        [
          { id: 'a', more: { value: null } },
          { id: 'b', value: 0 },
          { id: 'c', value: 1984 },
        ],
      ],
      { stream: orders },
    )
    ok([await refineSilver(f.lake, orders)])
    const [score] = ok(await runGold(f.lake, 'timer'))
    expect(score?.detail).toMatchObject({ model: 'events-anomaly', scored: 2 })
    const rows = await scoredRows(f.lake, 'SELECT event_id, score, is_anomaly FROM t ORDER BY 1', orders)
    expect(rows).toEqual([
      { event_id: 'a', score: null, is_anomaly: null },
      { event_id: 'b', score: expect.any(Number) as number, is_anomaly: expect.any(Boolean) as boolean },
      { event_id: 'c', score: expect.any(Number) as number, is_anomaly: false },
    ])
    expect(await summaryRows(f.lake, 'SELECT events, scored FROM t', orders)).toEqual([{ events: 3n, scored: 2n }])
  })

  test('is not installed for a stream that it was not made for', async () => {
    const orders = defineStream({
      name: 'orders',
      topic: 'orders',
      key: 'event_id',
      eventTime: 'timestamp',
      allowedLateness: '10 minutes',
      dedupeWithin: '1 day',
      clusterBy: ['timestamp'],
      schema: z.object({
        event_id: z.string(),
        event_type: z.string(),
        timestamp: timestamp(),
        value: double().nullable(),
      }),
      model: { uri: 'lake:models/events-anomaly', features: { value: numeric('value') } },
    })
    await using f = await SilverFixture.open(undefined, [orders])
    await f.bronze(
      [
        [
          { id: 'a', at: minute, more: { value: null } },
          { id: 'b', at: minute, value: 3 },
        ],
      ],
      { stream: orders },
    )
    ok([await refineSilver(f.lake, orders)])
    const [score] = ok(await runGold(f.lake, 'timer'))
    expect(score?.detail).toMatchObject({ model: 'none' })
    expect(await new FolderModelSource(f.lake.store.within('models'), 'events-anomaly').champion()).toBeUndefined()
    // Without a text among clusterBy there is one row a window; null is no number.
    const rows = await summaryRows(f.lake, 'SELECT events, value_sum, value_avg, value_max FROM t', orders)
    expect(rows).toEqual([{ events: 2n, value_sum: 3, value_avg: 3, value_max: 3 }])
  })
})

test('a commit says by which model it was made, and carries the run', async () => {
  await using f = await SilverFixture.open()
  await silverOf(f, [[{ id: 'a', value: 1e6 }]])
  ok(await runGold(f.lake, 'timer'))
  const infos: unknown[] = []
  for await (const { actions } of f.lake.table(scoredPath(events)).commits(1))
    infos.push(commitInfoOf(actions)?.['lake'])
  const model = {
    model: 'events-anomaly',
    model_version: 'starter-1',
    model_digest: starterModel('events-anomaly').card.sha256,
  }
  const gold = { ...model, rows: 1n, scored: 1n, anomalies: 1n, source: { from: null, to: { version: 1n, files: 0n } } }
  expect(asLongs(infos)).toMatchObject([{ run: { step: 'gold', stream: 'events', final: true }, gold }])
})

/** Whole numbers in JSON as bigint, however they were read. */
function asLongs(json: unknown): unknown {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json)
  if (Array.isArray(json)) return json.map(asLongs)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, asLongs(value)]))
}
