import { describe, expect, test } from 'vitest'

import { scoredPath, summaryPath, summaryTable } from '../../../shared/contract/index.js'
import { createTable } from '../../../shared/delta/index.js'
import { runGold, scoreSilver, summariseScored } from '../../../shared/pipeline/gold/goldStep.js'
import { readCursor, rowsIn } from '../../../shared/pipeline/incremental/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { type Given, hour, minute, SilverFixture } from '../silver/silverFixture.js'
import { ok, rearrange, rowsOf, scoredRows, silverOf, summaryRows } from './goldFixture.js'

const window = 5n * minute
let ids = 0
const eventOf = (random: Random, at: bigint, type = 'click'): Given => ({
  id: String(ids++),
  at,
  type,
  value: random.below(400) * 64,
  kafkaAt: at + hour,
})
const inWindow = (random: Random, n: number) => BigInt(n) * window + BigInt(random.below(300_000_000))
const timer = { trigger: 'timer', summaryRows: 10 } as const

/** Ten windows of sixty events each, summarised. */
async function tenWindows(f: SilverFixture, random: Random): Promise<void> {
  const rows = Array.from({ length: 600 }, (_, i) => eventOf(random, inWindow(random, Math.floor(i / 60))))
  await silverOf(f, [rows])
  ok(await runGold(f.lake, 'timer', timer))
}

/** One late event for each of the windows. */
const lateFor = (random: Random, windows: readonly number[]) => [windows.map(n => eventOf(random, inWindow(random, n)))]

/** Ten windows, and three late events of which two wait. */
async function twoWaiting(f: SilverFixture, random: Random): Promise<void> {
  await tenWindows(f, random)
  await silverOf(f, lateFor(random, [1, 3, 5]))
  ok(await runGold(f.lake, 'timer', timer))
  expect(await totals(f), seedNote).toEqual({ events: 601n, waiting: 2n })
}

const totals = async (f: SilverFixture) =>
  (await summaryRows(f.lake, 'SELECT sum(events)::BIGINT AS events, sum(waiting)::BIGINT AS waiting FROM t'))[0]

const figures = `SELECT window_start, event_type, count(*) AS events, sum(value) AS value_sum, max(value) AS value_max,
    quantile_cont(value, 0.5) AS value_p50 FROM
    (SELECT time_bucket(INTERVAL 5 MINUTES, timestamp) AS window_start, * FROM t) GROUP BY ALL ORDER BY ALL`
const summarised = `SELECT window_start, event_type, events, value_sum, value_max, value_p50 FROM t ORDER BY ALL`

describe('late events spread over many windows', () => {
  test('make a run compute some of them, and the others say how many events wait', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    await silverOf(f, lateFor(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    const [, report] = ok(await runGold(f.lake, 'timer', timer))
    expect(report?.detail, seedNote).toMatchObject({ windows: 1, waiting: 9 })
    expect(await totals(f)).toEqual({ events: 601n, waiting: 9n })
    const rows = await summaryRows(f.lake, 'SELECT events, waiting FROM t ORDER BY ALL')
    expect(rows).toEqual([
      ...Array.from({ length: 9 }, () => ({ events: 60n, waiting: 1n })),
      { events: 61n, waiting: 0n },
    ])
  })

  test('are in all figures after as many runs as there are windows, though nothing new comes', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    await silverOf(f, lateFor(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    for (let left = 9; left >= 0; left--) {
      ok(await runGold(f.lake, 'timer', timer))
      expect(await totals(f), seedNote).toEqual({ events: BigInt(610 - left), waiting: BigInt(left) })
    }
    expect(await summaryRows(f.lake, summarised)).toEqual(await scoredRows(f.lake, figures))
    expect((await summariseScored(f.lake, events, timer)).outcome).toBe('nothingToDo')
  })

  test('are in all figures at once when a command asks, and when they are few', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await twoWaiting(f, random)
    ok(await runGold(f.lake, 'command', timer))
    expect(await summaryRows(f.lake, summarised)).toEqual(await scoredRows(f.lake, figures))
    await silverOf(f, lateFor(random, [2, 4, 6]))
    ok(await runGold(f.lake, 'timer'))
    expect(await totals(f)).toEqual({ events: 606n, waiting: 0n })
  })

  test('are in all figures at once where a run has so many new rows that reading them again is little beside these', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    const fresh = Array.from({ length: 200 }, () => eventOf(random, inWindow(random, 20)))
    await silverOf(f, [[...fresh, ...lateFor(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).flat()]])
    ok(await runGold(f.lake, 'timer', timer))
    // Four times 210, of which 200 are the new window's own: ten windows of 61 fit.
    expect(await totals(f), seedNote).toEqual({ events: 810n, waiting: 0n })
  })

  test('wait together until they are a sixteenth of their window', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    for (let round = 0; round < 6; round++) {
      await silverOf(f, lateFor(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
      ok(await runGold(f.lake, 'timer', timer))
      const [most] = await summaryRows(f.lake, 'SELECT max(waiting * 16 - waiting - events) AS over FROM t')
      expect(Number(most?.['over']), `${seedNote}, round ${round}`).toBeLessThan(0)
    }
  })
})

describe('while events wait', () => {
  test('one of a group that its window had not is a row of its own', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    await silverOf(f, [[0, 1, 2].map(n => eventOf(random, inWindow(random, n), 'größe'))])
    ok(await runGold(f.lake, 'timer', timer))
    const rows = await summaryRows(
      f.lake,
      "SELECT events, waiting, value_sum FROM t WHERE event_type = 'größe' ORDER BY ALL",
    )
    expect(
      rows.map(({ events: n, waiting }) => [n, waiting]),
      seedNote,
    ).toEqual([
      [0n, 1n],
      [0n, 1n],
      [1n, 0n],
    ])
    expect(rows[0]?.['value_sum']).toBeNull()
    const newest = "SELECT newest_ingested_at AS at FROM t WHERE event_type = 'größe' ORDER BY ALL"
    const ingested = "SELECT _ingested_at AS at FROM t WHERE event_type = 'größe' ORDER BY ALL"
    expect(await summaryRows(f.lake, newest)).toEqual(await scoredRows(f.lake, ingested))
    ok(await runGold(f.lake, 'command'))
    expect(await summaryRows(f.lake, summarised)).toEqual(await scoredRows(f.lake, figures))
  })

  test('what is taken in by parts is counted once, in the figures or as waiting', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    for (let round = 0; round < 4; round++) {
      const files = Array.from({ length: 5 }, () => lateFor(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).flat())
      for (const file of files) {
        await silverOf(f, [file])
        ok([await scoreSilver(f.lake, events)])
      }
      for (let more = true; more;) {
        const report = await summariseScored(f.lake, events, { ...timer, maxRows: 1 + random.below(25) })
        ok([report])
        more = report.more === true
        const read = await rowsRead(f)
        const { events: counted, waiting } = (await totals(f)) ?? {}
        expect(Number(counted) + Number(waiting), `${seedNote}, round ${round}`).toBe(read)
      }
    }
    ok(await runGold(f.lake, 'command'))
    expect(await summaryRows(f.lake, summarised)).toEqual(await scoredRows(f.lake, figures))
  })

  test('a part of a backlog whose older rows are in other files since is made from what is there', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await tenWindows(f, random)
    const scored = f.lake.table(scoredPath(events))
    const old = new Set((await scored.snapshot())?.files.map(({ path }) => path))
    for (const window of [3, 5]) {
      await silverOf(f, lateFor(random, [window]))
      ok([await scoreSilver(f.lake, events)])
    }
    await rearrange(f.lake, scoredPath(events), ({ path }) => old.has(path))
    for (const path of old) await scored.store.delete(path)
    // Another process has no copies of them.
    const report = await summariseScored(await f.other(), events, { ...timer, maxRows: 1 })
    ok([report])
    expect(report.detail['recomputed'], seedNote).toMatch(/are gone$/)
    expect(await summaryRows(f.lake, summarised)).toEqual(await scoredRows(f.lake, figures))
  })

  test('the summary stands for them', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    await twoWaiting(f, random)
    ok(await runMonitor(f.lake, 'timer'))
    const rows = await rowsOf(f.lake, 'monitor_logs', "SELECT identity_closed, identity FROM t WHERE layer = 'summary'")
    expect(rows).toEqual([{ identity_closed: true, identity: 'scored 603 = summarised 603' }])
  })

  test('a summary of an older version, which has no such column, goes on', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    const { schema, ...shape } = summaryTable(events)
    const fields = schema.fields.filter(({ name }) => name !== 'waiting')
    await f.lake.table(shape.path).commit(createTable({ ...shape, schema: { ...schema, fields }, createdTime: 0 }))
    await twoWaiting(f, random)
    for (let run = 0; run < 2; run++) ok(await runGold(f.lake, 'timer', timer))
    expect(await totals(f)).toEqual({ events: 603n, waiting: 0n })
  })
})

/** Scored rows that the summary has taken in, by its cursor. */
async function rowsRead(f: SilverFixture): Promise<number> {
  const scored = f.lake.table(scoredPath(events))
  const source = await scored.state()
  const state = await f.lake.table(summaryPath(events)).state({ fresh: true })
  if (source === undefined || state === undefined) throw new Error('no tables')
  const cursor = readCursor(state, source.metadata.id, { table: '', source: '', rebuild: '' })
  let rows = 0
  for await (const { version, actions } of scored.commitFiles(0, source.version)) {
    const added = actions.flatMap(action => ('add' in action && action.add.dataChange ? [action.add] : []))
    const read =
      version <= (cursor?.version ?? -1)
        ? added
        : version === (cursor?.version ?? -1) + 1
          ? added.slice(0, cursor?.files)
          : []
    rows += rowsIn(read)
  }
  return rows
}
