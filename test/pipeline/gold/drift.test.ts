import { describe, expect, test, vi } from 'vitest'

import { driftPath, type Stream } from '../../../shared/contract/index.js'
import { ColumnDrift, describeColumn, encodeReference } from '../../../shared/models/drift/index.js'
import { encodeModelCard, featureNames, starterModel } from '../../../shared/models/index.js'
import { measureDrift } from '../../../shared/pipeline/gold/drift.js'
import { rescoreGold, runGold, scoreSilver } from '../../../shared/pipeline/gold/goldStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { type Given, minute, SilverFixture } from '../silver/silverFixture.js'
import { ok, rowsOf, scoredRows, silverOf } from './goldFixture.js'

const day = 86_400_000_000n
const dayMs = 86_400_000

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const driftRows = (f: SilverFixture, sql: string, stream: Stream = events) => rowsOf(f.lake, driftPath(stream), sql)

const clicks = (random: Random, rows: number, mean = 2_000) =>
  Float32Array.from({ length: rows }, () => mean + (random.next() + random.next() + random.next() - 1.5) * 400)

/** The model that ships, as a version with what its training rows are said to have been like. */
async function promote(f: SilverFixture, version: string, values: Float32Array): Promise<void> {
  const { card, onnx } = starterModel('events-anomaly')
  const folder = `models/events-anomaly/${version}`
  const own = { ...card, version }
  const [first, ...others] = featureNames(card.features)
  const ones = new Float32Array(values.length).fill(1)
  const columns = [
    describeColumn(first ?? '', values.slice()),
    ...others.map(name => describeColumn(name, name === 'event_type=click' ? ones : ones.map(() => 0))),
  ]
  await f.lake.store.put(`${folder}/model.onnx`, onnx)
  await f.lake.store.put(`${folder}/reference.json`, encodeReference({ rows: values.length, columns }))
  await f.lake.store.put(`${folder}/model.json`, encodeModelCard(own))
  await f.lake.store.put('models/events-anomaly/champion.json', json({ version }))
}

const rowsFrom = (values: Float32Array, at: bigint, prefix: string): readonly Given[] =>
  Array.from(values, (value, i) => ({ id: `${prefix}${i}`, type: 'click', value, at: at + BigInt(i) }))

describe('drift', () => {
  test('is none for rows like those of the training, and breached for others, by day and column', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 2_000))
    const usual = clicks(random, 500)
    const shifted = clicks(random, 500, 2_300)
    await silverOf(f, [rowsFrom(usual, minute, 'a'), rowsFrom(shifted, minute + day, 'b')])
    f.clock.advance(3 * dayMs)
    ok(await runGold(f.lake, 'timer'))
    const rows = await driftRows(
      f,
      'SELECT window_start, column_name, breached, n FROM t WHERE column_name = $$value$$ ORDER BY 1',
    )
    expect(
      rows.map(r => [r['breached'], r['n']]),
      seedNote,
    ).toEqual([
      [false, 500n],
      [true, 500n],
    ])
    const others = await driftRows(f, 'SELECT DISTINCT breached FROM t WHERE column_name <> $$value$$')
    expect(others, seedNote).toEqual([{ breached: false }])
  })

  test('has the figures that counting by hand has', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    const training = clicks(random, 1_000)
    await promote(f, '1', training)
    const seen = clicks(random, 300, 2_100)
    await silverOf(f, [rowsFrom(seen, minute, 'a')])
    f.clock.advance(2 * dayMs)
    ok(await runGold(f.lake, 'timer'))
    const counter = new ColumnDrift(describeColumn('value', training.slice()))
    for (const value of seen) counter.add(value)
    const wanted = counter.result()
    const [row] = await driftRows(f, `SELECT * FROM t WHERE column_name = 'value'`)
    expect(row, seedNote).toMatchObject({
      model_name: 'events-anomaly',
      model_version: '1',
      type: 'numeric',
      n: 300n,
      psi: wanted?.psi,
      psi_limit: wanted?.psiLimit,
      ks: wanted?.ks,
      ks_p: wanted?.ksP,
      js: wanted?.js,
      breached: wanted?.breached,
    })
  })

  test('of a day that gains rows is of all of its rows, and other days stay as they are', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 1_000))
    await silverOf(f, [rowsFrom(clicks(random, 50), minute, 'a'), rowsFrom(clicks(random, 60), minute + day, 'b')])
    ok(await runGold(f.lake, 'command'))
    await silverOf(f, [rowsFrom(clicks(random, 40), minute + 1_000_000n, 'c')])
    ok(await runGold(f.lake, 'command'))
    const rows = await driftRows(f, `SELECT window_start, n FROM t WHERE column_name = 'value' ORDER BY 1`)
    expect(rows.map(r => r['n'])).toEqual([90n, 60n])
  })

  test('is of each version that scored: rows scored again leave the old one, and none is counted twice', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 1_000))
    await silverOf(f, [rowsFrom(clicks(random, 50), minute, 'a')])
    ok(await runGold(f.lake, 'command'))
    await promote(f, '2', clicks(random, 1_000))
    await silverOf(f, [rowsFrom(clicks(random, 30), minute, 'b')])
    ok(await runGold(f.lake, 'command'))
    const counts = () => driftRows(f, `SELECT model_version, n FROM t WHERE column_name = 'value' ORDER BY 1`)
    expect(await counts()).toEqual([
      { model_version: '1', n: 50n },
      { model_version: '2', n: 30n },
    ])
    ok(await rescoreGold(f.lake, events))
    expect(await counts()).toEqual([{ model_version: '2', n: 80n }])
  })

  test('needs a reference: a model that came without one has no table, and one that is gone stops nothing', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[{ id: 'a' }]])
    expect(ok(await runGold(f.lake, 'timer')).length).toBe(2)
    expect(await f.lake.table(driftPath(events)).state({ fresh: true })).toBeUndefined()
    await promote(f, '1', clicks(new Random(), 100))
    await silverOf(f, [[{ id: 'b' }]])
    expect(ok(await runGold(f.lake, 'command')).length).toBe(3)
    expect(await driftRows(f, `SELECT n FROM t WHERE column_name = 'value'`)).toEqual([{ n: 1n }])
    await f.lake.store.delete('models/events-anomaly/1/reference.json')
    await silverOf(f, [[{ id: 'c' }]])
    ok(await runGold(f.lake, 'command'))
  })

  test('a timer leaves it alone for a while, and loses no row by that', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', clicks(new Random(), 100))
    for (const id of ['a', 'b']) {
      await silverOf(f, [[{ id, type: 'click' }]])
      ok(await runGold(f.lake, 'timer'))
      f.clock.advance(60_000)
    }
    const n = () => driftRows(f, `SELECT n FROM t WHERE column_name = 'value'`)
    expect(await n()).toEqual([{ n: 1n }])
    f.clock.advance(3_600_000)
    ok(await runGold(f.lake, 'timer'))
    expect(await n()).toEqual([{ n: 2n }])
  })

  test('a reference that cannot be read is warned of once, and again when it is another fault', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', clicks(new Random(), 100))
    const path = 'models/events-anomaly/1/reference.json'
    const good = await f.lake.store.get(path)
    const warn = vi.spyOn(f.lake.log, 'warn')
    const warned = () => warn.mock.calls.filter(([line]) => line.includes('are not compared with its training'))
    const run = async (id: string, bytes: Uint8Array) => {
      await f.lake.store.put(path, bytes)
      await silverOf(f, [[{ id, type: 'click' }]])
      ok(await runGold(f.lake, 'command'))
      return warned().length
    }
    const noJson = new TextEncoder().encode('none')
    const counts: number[] = []
    for (const [i, bytes] of [noJson, noJson, json({ rows: 1 }), good ?? noJson, noJson].entries())
      counts.push(await run(String(i), bytes))
    expect(counts).toEqual([1, 1, 2, 2, 3])
  })

  test('says nothing of a breach before the day is over, and says it once new rows come after that', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 1_000))
    await silverOf(f, [rowsFrom(clicks(random, 200, 9_000), day, 'a')])
    ok(await runGold(f.lake, 'command'))
    const breaches = () => driftRows(f, `SELECT breached FROM t WHERE column_name = 'value' ORDER BY window_start`)
    expect(await breaches()).toEqual([{ breached: null }])
    f.clock.advance(dayMs + events.allowedLatenessMs)
    await silverOf(f, [rowsFrom(clicks(random, 10), day + day, 'b')])
    ok(await runGold(f.lake, 'command'))
    expect(await breaches()).toEqual([{ breached: true }, { breached: null }])
  })

  test('a stream that goes silent: its last day is judged once it is over with the late events, once, by two at once', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 1_000))
    await silverOf(f, [rowsFrom(clicks(random, 200, 9_000), day, 'a')])
    ok(await runGold(f.lake, 'timer'))
    const breaches = () => driftRows(f, `SELECT breached, n FROM t WHERE column_name = 'value'`)
    const version = async () => (await f.lake.table(driftPath(events)).state({ fresh: true }))?.version
    const before = await version()
    const midnight = (Math.floor(f.clock.now() / dayMs) + 1) * dayMs
    f.clock.advance(midnight + events.allowedLatenessMs - 1 - f.clock.now())
    ok(await runGold(f.lake, 'timer'))
    expect([await breaches(), await version()]).toEqual([[{ breached: null, n: 200n }], before])
    f.clock.advance(1)
    const other = await f.other()
    ok((await Promise.all([measureDrift(f.lake, events), measureDrift(other, events)])).flat())
    expect(await breaches(), seedNote).toEqual([{ breached: true, n: 200n }])
    f.clock.advance(30 * dayMs)
    ok(await runGold(f.lake, 'timer'))
    expect(await version()).toBe((before ?? NaN) + 1)
  })

  test('a stream that stays silent has its files listed once a day, and again when the table has changed', async () => {
    await using f = await SilverFixture.open()
    const random = new Random()
    await promote(f, '1', clicks(random, 100))
    await silverOf(f, [rowsFrom(clicks(random, 5), day, 'a')])
    ok(await runGold(f.lake, 'timer'))
    f.clock.advance(3 * dayMs)
    ok(await runGold(f.lake, 'timer'))
    const lists = vi.spyOn(f.lake.table(driftPath(events)), 'snapshot')
    const listed = async () => {
      lists.mockClear()
      for (let n = 0; n < 3; n++) {
        f.clock.advance(2 * 3_600_000)
        ok(await runGold(f.lake, 'timer'))
      }
      return lists.mock.calls.length
    }
    const midnight = (Math.floor(f.clock.now() / dayMs) + 1) * dayMs
    f.clock.advance(midnight + events.allowedLatenessMs - f.clock.now())
    expect(await listed()).toBe(1)
    expect(await listed()).toBe(0)
    f.clock.advance(dayMs)
    expect(await listed()).toBe(1)
    await silverOf(f, [rowsFrom(clicks(random, 5), 4n * day, 'b')])
    expect(await listed()).toBeGreaterThan(0)
    f.clock.advance(dayMs)
    expect(await listed()).toBeGreaterThan(0)
    expect(await driftRows(f, `SELECT n, breached IS NULL AS open FROM t WHERE column_name = 'value'`)).toEqual([
      { n: 5n, open: false },
      { n: 5n, open: false },
    ])
  })

  test('two at once: one wins, and no day stands there twice', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', clicks(new Random(), 100))
    await silverOf(f, [[{ id: 'a' }, { id: 'b' }]])
    ok([await scoreSilver(f.lake, events)])
    const other = await f.other()
    const options = { trigger: 'command' } as const
    ok((await Promise.all([measureDrift(f.lake, events, options), measureDrift(other, events, options)])).flat())
    expect(await driftRows(f, `SELECT n FROM t WHERE column_name = 'value'`)).toEqual([{ n: 2n }])
    expect((await scoredRows(f.lake)).length).toBe(2)
  })
})
