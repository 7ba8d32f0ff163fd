import { describe, expect, test } from 'vitest'

import { scoredPath, summaryPath, summaryTable } from '../../../shared/contract/index.js'
import { createTable } from '../../../shared/delta/index.js'
import { rebuildGold, runGold, scoreSilver, summariseScored } from '../../../shared/pipeline/gold/goldStep.js'
import { spansOf } from '../../../shared/pipeline/gold/summaryWindows.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { day0, type Given, hour, minute, SilverFixture } from '../silver/silverFixture.js'
import { ok, rearrange, scoredRows, silverOf, summaryRows } from './goldFixture.js'

/** The summary as it must be, told from all scored rows at once and by other means than the step's own. */
const expected = `
  SELECT time_bucket(INTERVAL 5 MINUTES, timestamp) AS window_start, window_start + INTERVAL 5 MINUTES AS window_end, event_type,
    count(*) AS events, sum(CASE WHEN _late THEN 1 ELSE 0 END)::BIGINT AS late, count(score) AS scored,
    sum(CASE WHEN score > 0.5 THEN 1 ELSE 0 END)::BIGINT AS anomalies, 0::BIGINT AS waiting, max(_ingested_at) AS newest_ingested_at,
    quantile_cont(score, 0.5) AS score_p50, quantile_cont(score, 0.95) AS score_p95, quantile_cont(score, 0.99) AS score_p99,
    sum(value) AS value_sum, min(value) AS value_min, max(value) AS value_max, sum(value) / count(*) AS value_avg,
    quantile_cont(value, 0.5) AS value_p50, quantile_cont(value, 0.95) AS value_p95, quantile_cont(value, 0.99) AS value_p99,
    timestamp::DATE AS _window_date
  FROM t GROUP BY ALL ORDER BY window_start, event_type`

/** Values whose sums are exact in any order, so that rows can be compared whole. */
const types = ['click', 'view', 'purchase', 'sign_up', 'other']
const eventOf = (random: Random, id: string, at: bigint): Given => ({
  id,
  at,
  type: random.pick(types),
  value: random.below(400) * 64,
  kafkaAt: random.next() < 0.2 ? at + hour : at,
})

async function expectWhole(f: SilverFixture, what: string): Promise<void> {
  const rows = await summaryRows(f.lake, 'SELECT * FROM t ORDER BY window_start, event_type')
  expect(rows, what).toEqual(await scoredRows(f.lake, expected))
}

describe('the summary equals an aggregate over all scored rows', () => {
  test('whatever comes in, in whatever pieces', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    let id = 0
    for (let round = 0; round < 6; round++) {
      const files = Array.from({ length: 1 + random.below(2) }, () =>
        Array.from({ length: 1 + random.below(30) }, () => {
          // Mostly new, some late, some on other days, some before 1970.
          const draw = random.next()
          const base =
            draw < 0.7 ? BigInt(round) * 10n * minute : draw < 0.95 ? -BigInt(random.below(50)) * hour : -day0 - hour
          return eventOf(random, String(id++), base + BigInt(random.below(600_000_000)))
        }),
      )
      await silverOf(f, files)
      const maxRows = random.next() < 0.5 ? 1 + random.below(20) : undefined
      const rowsPerFile = random.next() < 0.5 ? 3 : undefined
      ok(await runGold(f.lake, 'command', { maxRows, rowsPerFile }))
      await expectWhole(f, `${seedNote}, round ${round}`)
    }
    ok(await rebuildGold(f.lake, events))
    await expectWhole(f, `${seedNote}, rebuilt`)
  })

  test('a table that has measures which are no longer made, as those of a key, goes on with nulls in them', async () => {
    await using f = await SilverFixture.open()
    const { schema, ...shape } = summaryTable(events)
    const earlier = { name: 'event_no_avg', type: 'double', nullable: true } as const
    await f.lake
      .table(shape.path)
      .commit(createTable({ ...shape, schema: { ...schema, fields: [...schema.fields, earlier] }, createdTime: 0 }))
    for (const id of ['a', 'b']) {
      await silverOf(f, [[{ id, at: minute, type: 'click', value: 64, kafkaAt: minute }]])
      ok(await runGold(f.lake, 'command'))
    }
    expect(await summaryRows(f.lake, 'SELECT events, value_avg, event_no_avg FROM t')).toEqual([
      { events: 2n, value_avg: 64, event_no_avg: null },
    ])
  })

  test('after silver was rebuilt', async () => {
    await using f = await SilverFixture.open()
    const random = new Random(1)
    const adds = await f.bronze([[eventOf(random, 'a', 0n)], [eventOf(random, 'b', hour)]])
    ok([await refineSilver(f.lake, events)])
    ok(await runGold(f.lake, 'timer'))
    await f.bronze([[eventOf(random, 'c', 2n * hour)]], { remove: adds.slice(0, 1) })
    ok([await refineSilver(f.lake, events)])
    const reports = ok(await runGold(f.lake, 'timer'))
    expect(reports.map(r => 'recomputed' in r.detail)).toEqual([true, true])
    expect((await scoredRows(f.lake)).map(r => r['event_id'])).toEqual(['b', 'c'])
    await expectWhole(f, 'rebuilt')
  })
})

describe('only what changed is touched', () => {
  test('files of other days stay, and rows of other windows stay as they are', async () => {
    await using f = await SilverFixture.open()
    const random = new Random(2)
    await silverOf(f, [[eventOf(random, 'a', 0n), eventOf(random, 'b', hour), eventOf(random, 'c', 30n * hour)]])
    ok(await runGold(f.lake, 'timer'))
    const before = (await f.lake.table(summaryPath(events)).snapshot())?.files ?? []
    await silverOf(f, [[eventOf(random, 'd', 1n)]])
    const [, report] = ok(await runGold(f.lake, 'timer'))
    expect(report?.detail).toMatchObject({ windows: 1, files: 1, filesReplaced: 1 })
    const after = (await f.lake.table(summaryPath(events)).snapshot())?.files ?? []
    const old = before.filter(file => file.partitionValues['_window_date'] === '2025-04-02')
    expect(old).toHaveLength(1)
    expect(after).toEqual(expect.arrayContaining(old.slice()))
    expect(after).toHaveLength(2)
    await expectWhole(f, 'one window')
  })

  test('scored files whose times lie elsewhere are not read', async () => {
    await using f = await SilverFixture.open()
    const random = new Random(3)
    for (let i = 0; i < 4; i++) {
      await silverOf(f, [[eventOf(random, String(i), BigInt(i) * 3n * hour)]])
      ok(await runGold(f.lake, 'timer'))
    }
    await silverOf(f, [[eventOf(random, 'late', 3n * hour + 1n)]])
    const [, report] = ok(await runGold(f.lake, 'timer'))
    expect(report?.detail).toMatchObject({ windows: 1, filesRead: 2 })
    await expectWhole(f, 'a late event')
  })

  test('compaction of the scored table is no news', async () => {
    await using f = await SilverFixture.open()
    const random = new Random(4)
    await silverOf(f, [[eventOf(random, 'a', 0n)]])
    ok(await runGold(f.lake, 'timer'))
    await silverOf(f, [[eventOf(random, 'b', 1n)]])
    ok([await scoreSilver(f.lake, events)])
    await rearrange(f.lake, scoredPath(events))
    expect((await summariseScored(f.lake, events)).detail).toMatchObject({ windows: 1, filesRead: 2 })
    await expectWhole(f, 'compacted')
    expect((await summariseScored(f.lake, events)).outcome).toBe('nothingToDo')
  })
})

describe('two instances', () => {
  test('race on both tables: one wins, no row twice', async () => {
    await using f = await SilverFixture.open()
    const random = new Random(5)
    const lakes = [f.lake, await f.other(), await f.other()]
    for (let round = 0; round < 3; round++) {
      await silverOf(f, [
        Array.from({ length: 20 }, (_, i) =>
          eventOf(random, `${round}-${i}`, BigInt(random.below(3_600)) * 1_000_000n),
        ),
      ])
      const reports = await Promise.all(lakes.map(lake => runGold(lake, 'command')))
      for (const own of reports) ok(own)
      expect(
        reports.flat().filter(r => r.outcome === 'committed' && r.detail['table'] === scoredPath(events)),
      ).toHaveLength(1)
      expect(await scoredRows(f.lake)).toHaveLength(20 * (round + 1))
      await expectWhole(f, `round ${round}`)
    }
  })
})

describe('spans of windows', () => {
  test('join neighbours, and never cross midnight', () => {
    const at = (minutes: number) => day0 + BigInt(minutes) * minute
    expect(spansOf([at(10), at(0), at(5), at(700), at(1435), at(1440)])).toEqual([
      { from: at(0), to: at(15) },
      { from: at(700), to: at(705) },
      { from: at(1435), to: at(1440) },
      { from: at(1440), to: at(1445) },
    ])
    expect(spansOf([])).toEqual([])
  })
})
