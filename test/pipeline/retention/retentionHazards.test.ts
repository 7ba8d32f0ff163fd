import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { resolvedPath, scoredPath, silverPath, summaryPath } from '../../../shared/contract/index.js'
import { deleteRows } from '../../../shared/delta/dml/index.js'
import { checkContract } from '../../../shared/pipeline/contractCheck/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { rebuildGold, runGold } from '../../../shared/pipeline/gold/index.js'
import { catchUp, resetOffsets, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { openLake } from '../../../shared/pipeline/lake/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { Faults, FaultyStore, storageOperations } from '../../../shared/storage/faults/index.js'
import { type BronzeFixture, day0, range } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'
import { outcomes, quarantined, replay } from '../quarantine/quarantineFixture.js'
import {
  aging,
  contents,
  day,
  daysOf,
  expectBalanced,
  expireAll,
  keysOf,
  maintain,
  open,
  pass,
  refine,
  reopen,
  send,
} from './retentionFixture.js'

/** Sixty events on each of three days, all summarised, and one more a day, of which two wait. */
async function sendWaiting(f: BronzeFixture): Promise<void> {
  f.clock.advance(day0 + 2.5 * day - f.clock.now())
  const days = [0, 1, 2]
  await send(
    f,
    days.flatMap(n => range(0, 60).map(i => ({ id: `${n}-${i}`, day: n }))),
  )
  await refine(f)
  await send(
    f,
    days.map(n => ({ id: `late${n}`, day: n })),
  )
  ok([...(await runSilver(f.lake, 'timer')), ...(await runGold(f.lake, 'timer', { summaryRows: 1 }))])
  const waiting = (await f.read(summaryPath(f.stream))).map(row => Number(row['waiting']))
  expect(waiting.toSorted()).toEqual([0, 1, 1])
}

/** Whether the summary's counts reconcile, by the monitor. */
async function summaryIdentity(f: BronzeFixture): Promise<readonly unknown[]> {
  f.clock.advance(1_000)
  ok(await runMonitor(f.lake, 'timer'))
  const rows = (await f.read('monitor_logs')).filter(row => row['layer'] === 'summary')
  const last = rows.toSorted((a, b) => Number(a['run_time']) - Number(b['run_time'])).at(-1)
  return [last?.['identity_closed'], last?.['identity']]
}

/** A process with another clock on the same lake. */
const processAt = (f: BronzeFixture, clock: ManualClock) => {
  const { store, lake } = f
  return openLake(lake.settings, { store, source: f.source, clock, streams: lake.streams })
}

const longer = { bronze: '2 days', silver: '30 days', scored: '6 days', summary: '8 days' }
const summaryOf = (f: BronzeFixture) => contents(f).then(({ summary }) => summary)

describe('events that come for days that are over', () => {
  test('change no window that has lost its rows, and are counted', async () => {
    await using f = await open()
    await pass(f, 0, 8)
    const before = await contents(f)
    const days = [0, 1, 2, 3, 4]
    await send(
      f,
      days.map(n => ({ id: `late${n}`, day: n })),
    )
    await refine(f)
    const after = await contents(f)
    // Silver keeps from day 3 on.
    expect(after['silver']).toHaveLength((before['silver']?.length ?? 0) + 2)
    expect(await daysOf(f, summaryPath(f.stream))).toEqual(range(0, 8))
    const windows = (summary: readonly string[] | undefined, n: number) =>
      summary?.filter(text => text.startsWith(String((Date.UTC(2025, 3, 1 + n) + 3_600_000) * 1000)))
    for (const n of [0, 1, 2]) expect(windows(after['summary'], n)).toEqual(windows(before['summary'], n))
    expect(windows(after['summary'], 3)).toEqual([expect.stringMatching(/ 4$/)])
    const rows = await expectBalanced(f, 'late')
    expect(rows.find(row => row['layer'] === 'silver')?.['identity']).toMatch(/\+ expired 12$/)
    await maintain(f)
    await expectBalanced(f, 'after maintenance')
  })

  test('that wait for their window to be computed again are counted among those that go with it', async () => {
    await using f = await open({ silver: '30 days', scored: '30 days', summary: '3 days' })
    await sendWaiting(f)
    await summaryIdentity(f)
    f.clock.advance(day0 + 5 * day - f.clock.now())
    await expireAll(f.lake, f.stream)
    expect(await daysOf(f, summaryPath(f.stream))).toEqual([2])
    expect(await summaryIdentity(f)).toEqual([true, 'scored 183 = summarised 61 + expired 122'])
    await expectBalanced(f, 'all computed')
  })

  test('that wait when the scored rows of their window go wait for good, and no run begins for them', async () => {
    await using f = await open({ silver: '30 days', scored: '3 days', summary: '30 days' })
    await sendWaiting(f)
    f.clock.advance(day0 + 7 * day - f.clock.now())
    await expireAll(f.lake, f.stream)
    expect(await daysOf(f, scoredPath(f.stream))).toEqual([])
    const before = await f.read(summaryPath(f.stream))
    // Takes note that they are gone.
    ok(await runGold(f.lake, 'timer'))
    for (const trigger of ['timer', 'command'] as const)
      for (const report of ok(await runGold(f.lake, trigger))) expect(report.outcome).toBe('nothingToDo')
    expect(await f.read(summaryPath(f.stream))).toEqual(before)
    expect(await summaryIdentity(f)).toEqual([true, 'scored 0 + lost 183 = summarised 183'])
    ok(await rebuildGold(f.lake, f.stream))
    expect(await f.read(summaryPath(f.stream))).toEqual(before)
    await expectBalanced(f, 'rebuilt')
  })

  test('that gold reads after its own days are over change nothing there either', async () => {
    await using f = await open({ silver: '9 days', scored: '4 days', summary: '2 days' })
    await pass(f, 0, 7)
    const before = await summaryOf(f)
    await send(f, [{ id: 'late1', day: 1 }])
    await refine(f)
    expect(await keysOf(f, silverPath(f.stream))).toContain('late1')
    expect(await keysOf(f, scoredPath(f.stream))).not.toContain('late1')
    await send(f, [{ id: 'late3', day: 3 }])
    await refine(f)
    expect(await keysOf(f, scoredPath(f.stream))).toContain('late3')
    expect(await summaryOf(f)).toEqual(before)
    await expectBalanced(f, 'late')
    ok(await rebuildGold(f.lake, f.stream))
    expect(await summaryOf(f)).toEqual(before)
    await expectBalanced(f, 'rebuilt')
  })
})

describe('erased keys', () => {
  test('stay erased when their days are over, and the places of theirs stay', async () => {
    await using f = await open('2 days')
    await send(f, [{ id: 'x' }, { id: 'x', value: -1 }, { id: 'y' }])
    await refine(f)
    ok([await rebuildSilver(f.lake, f.stream)])
    await eraseKeys(f.lake, f.stream, ['x'])
    f.clock.advance(4 * day)
    await maintain(f)
    const rows = await f.rows()
    expect(rows.map(row => [row['_offset'], row['_error_code']])).toEqual([
      [0n, 'ERASED'],
      [1n, 'ERASED'],
    ])
    await expectBalanced(f, 'after maintenance')
    await resetOffsets(f.lake, f.stream)
    ok(await catchUp(f.lake, 'command'))
    const again = (await f.rows()).filter(row => row['_generation'] === 1)
    const codes = new Map(again.map(row => [row['_offset'], row['_error_code']]))
    expect([0n, 1n, 2n].map(offset => codes.get(offset))).toEqual(['ERASED', 'ERASED', null])
    await refine(f)
    expect(await keysOf(f)).toEqual([])
    await expectBalanced(f, 'after the reset')
  })

  test('are taken out of gold, which keeps them for longer than silver does, and the counts close', async () => {
    await using f = await open({ silver: '1 day', scored: '9 days', summary: '4 days' })
    await pass(f, 0, 6)
    expect(await keysOf(f, scoredPath(f.stream))).toContain('a0')
    await eraseKeys(f.lake, f.stream, ['a0', 'a4'])
    expect(await keysOf(f, scoredPath(f.stream))).not.toContain('a0')
    await expectBalanced(f, 'erased')
    ok(await rebuildGold(f.lake, f.stream))
    await expectBalanced(f, 'rebuilt')
    await pass(f, 6, 8)
  })

  test('are taken out of windows before the rows of these are over', async () => {
    await using f = await open({ silver: '4 days', scored: '4 days', summary: '9 days' })
    await pass(f, 0, 4)
    const days = (path: string) => daysOf(f, path)
    const [scored, summary] = [scoredPath(f.stream), summaryPath(f.stream)]
    const killed = new Faults().add({
      on: storageOperations,
      path: path => path.startsWith(summary),
      fault: { kind: 'fail' },
      times: Infinity,
    })
    const { lake } = await f.another({ store: new FaultyStore(f.store, killed) })
    await expect(eraseKeys(lake, f.stream, ['a0', 'b0', 'c0'])).rejects.toThrow()
    expect([await days(scored), await days(summary)]).toEqual([[1, 2, 3], range(0, 4)])
    f.clock.advance(3 * day)
    expect((await maintain(f))[scored]).toMatchObject({ expiryHeldBy: summary })
    expect(await refine(f)).toEqual([])
    expect(await days(summary)).toEqual([1, 2, 3])
    expect((await maintain(f))[scored]).toHaveProperty('expired')
    await expectBalanced(f, 'over')
    expect(await days(summary)).toEqual([1, 2, 3])
  })
})

describe('rejected records', () => {
  test('that were replayed do not wait again once silver no longer keeps their events', async () => {
    await using f = await open({ silver: '2 days' })
    await send(f, [{ id: 'a', value: -1 }, { id: 'b' }])
    await refine(f)
    await replay(f, aging({ silver: '2 days' }, { lenient: true }))
    expect(await quarantined(f)).toEqual([])
    await expectBalanced(f, 'replayed')
    f.clock.advance(4 * day)
    await maintain(f)
    expect(await keysOf(f)).toEqual([])
    expect(await quarantined(f)).toEqual([])
    expect((await outcomes(f)).map(row => [row['outcome'], row['resolved_by']])).toEqual([
      ['expired', 'retention'],
      ['replayed', 'ada'],
    ])
    await expectBalanced(f, 'over')
    expect((await maintain(f))['bronze/events_quarantine_resolved']).not.toHaveProperty('expired')
    ok([await rebuildSilver(f.lake, f.stream)])
    expect(await keysOf(f)).toEqual([])
    await expectBalanced(f, 'rebuilt')
  })

  test('that are too old for silver are settled by a replay, and told apart', async () => {
    await using f = await open({ silver: '2 days' })
    await send(f, [{ id: 'a' }, { id: 'b', value: -1 }])
    await refine(f)
    f.clock.advance(4 * day)
    await send(f, [{ id: 'c', value: -1 }])
    await refine(f)
    await maintain(f)
    const report = await replay(f, aging({ silver: '2 days' }, { lenient: true }))
    expect(report).toMatchObject({ read: 2, valid: 2, replayed: 1, expired: 1, duplicates: 0 })
    expect(await keysOf(f)).toEqual(['c'])
    expect(await quarantined(f)).toEqual([])
    await expectBalanced(f, 'replayed')
  })

  test('go by their own time, with what became of them; rows that replays brought stay as long as silver keeps them', async () => {
    await using f = await open({ bronze: '1 day', quarantine: '3 days' })
    await send(f, [{ id: 'a', value: -1 }, { id: 'b', value: -1 }, { id: 'c' }, { id: 'beat', type: 'heartbeat' }])
    await refine(f)
    await replay(f, aging({ bronze: '1 day', quarantine: '3 days' }, { lenient: true }), {
      fix: `replace(_value, '"b"', '"bb"')`,
    })
    await send(f, [{ id: 'd', value: -1 }])
    await refine(f)
    f.clock.advance(3 * day)
    await maintain(f)
    expect((await f.rows()).map(row => row['_error_code'])).toEqual([
      'EXPECTATION_FAILED',
      'EXPECTATION_FAILED',
      'EXPECTATION_FAILED',
    ])
    expect(await quarantined(f)).toEqual([4])
    await expectBalanced(f, 'bronze is over')
    ok([await rebuildSilver(f.lake, f.stream)])
    expect(await keysOf(f)).toEqual(['a', 'bb', 'c'])
    f.clock.advance(3 * day)
    expect((await maintain(f))['bronze/events_quarantine_resolved']).toMatchObject({ expired: 2 })
    expect(await f.rows()).toEqual([])
    expect(await f.read(resolvedPath(f.stream))).toEqual([])
    expect(await quarantined(f)).toEqual([])
    await expectBalanced(f, 'the quarantine is over')
    ok([await rebuildSilver(f.lake, f.stream)])
    expect(await keysOf(f)).toEqual(['a', 'bb', 'c'])
    await expectBalanced(f, 'rebuilt')
  })

  test('that somebody deleted before their time was over are gone from silver too when it is made again', async () => {
    await using f = await open({ bronze: '1 day' })
    await send(f, [{ id: 'a', value: -1 }, { id: 'b', value: -1 }, { id: 'c' }])
    await refine(f)
    await replay(f, aging({ bronze: '1 day' }, { lenient: true }))
    f.clock.advance(3 * day)
    await maintain(f)
    const where = { op: '=', column: '_offset', value: 0n } as const
    await deleteRows(f.lake.table('bronze/events'), { where, clock: f.clock })
    ok([await rebuildSilver(f.lake, f.stream)])
    expect(await keysOf(f)).toEqual(['b', 'c'])
  })
})

describe('another contract', () => {
  test('that keeps rows for longer, or for ever, brings none back that bronze has not, and loses none of gold', async () => {
    await using f = await open()
    await pass(f, 0, 8)
    const before = await contents(f)
    for (const retain of [longer, undefined]) {
      const g = await reopen(f, aging(retain))
      ok([await rebuildSilver(g.lake, g.stream)])
      await expectBalanced(g, 'silver again')
      ok(await rebuildGold(g.lake, g.stream))
      await expectBalanced(g, 'gold again')
      const after = await contents(g)
      expect(after['silver']).toEqual(before['silver'])
      expect(after['summary']).toEqual(before['summary'])
    }
  })

  test('that keeps silver for longer gets from bronze what it lacks, where bronze has all', async () => {
    await using f = await open({ silver: '2 days' })
    await pass(f, 0, 5)
    const g = await reopen(f, aging({ silver: '30 days' }))
    ok([await rebuildSilver(g.lake, g.stream)])
    expect(await daysOf(g, silverPath(g.stream))).toEqual(range(0, 5))
    await expectBalanced(g, 'longer')
    await send(g, [{ id: 'late', day: 0 }])
    await refine(g)
    expect(await keysOf(g)).toContain('late')
    await expectBalanced(g, 'late')
  })

  test('that keeps them for less removes more, by the next maintenance', async () => {
    await using f = await open()
    await pass(f, 0, 6)
    const g = await reopen(f, aging('1 day'))
    const { findings } = await checkContract(g.lake, g.stream, { sinceMs: 0, most: 0 })
    expect(findings.map(({ verdict, message }) => [verdict, message])).toContainEqual([
      'note',
      'silver/events: retain.silver lets the next maintenance remove up to 9 rows of days before 2025-04-05',
    ])
    await maintain(g)
    for (const path of [silverPath, scoredPath, summaryPath]) expect(await daysOf(g, path(g.stream))).toEqual([4, 5])
    await expectBalanced(g, 'shorter')
  })
})

describe('hosts whose clocks are weeks off', () => {
  test('write no row that is over before its time, and remove none', async () => {
    await using f = await open('2 days')
    const hosts = [-30, 30].map(days => new ManualClock(f.clock.now() + days * day))
    for (const clock of hosts) {
      const off = await f.another({ clock, settings: { DUCKDB_MEMORY_LIMIT: '256MB' } })
      await send(off, [{ id: `by ${clock.now()}`, day: 0 }])
      f.append([1, 2])
      ok(await catchUp(off.lake, 'command'))
    }
    await refine(f)
    const days = async () => (await f.rows()).map(row => [row['_offset'], row['_ingest_date']])
    const ahead = '2025-05-01'
    const today = '2025-04-01'
    const all = [
      [0n, today],
      [1n, today],
      [2n, today],
      [3n, ahead],
      [4n, ahead],
      [5n, ahead],
    ]
    expect(await days()).toEqual(all)
    f.clock.advance(3 * day - 1)
    for (const clock of [...hosts, f.clock]) {
      clock.advance(clock === f.clock ? 0 : 3 * day - 1)
      await expireAll(await processAt(f, clock), f.stream)
    }
    expect(await days()).toEqual(all)
    f.clock.advance(1)
    await expireAll(f.lake, f.stream)
    expect(await days()).toEqual(all.slice(3))
    await expectBalanced(f, 'over')
  })

  test('that are put back while they run, too', async () => {
    await using f = await open('2 days')
    const clock = new ManualClock(f.clock.now())
    const off = await f.another({ clock, settings: { DUCKDB_MEMORY_LIMIT: '256MB' } })
    await send(off, [{ id: 'before', day: 0 }])
    const now = clock.now.bind(clock)
    clock.now = () => now() - 40 * day
    f.clock.advance(1_000)
    await send(off, [{ id: 'behind', day: 0 }])
    expect((await f.rows()).map(row => row['_ingest_date'])).toEqual(['2025-04-01', '2025-04-01'])
  })
})

test('a topic that is read again from its beginning brings no event of a day that is over', async () => {
  await using f = await open()
  await pass(f, 0, 7)
  const before = await contents(f)
  await resetOffsets(f.lake, f.stream)
  ok(await catchUp(f.lake, 'command'))
  await refine(f)
  const after = await contents(f)
  expect(after['summary']).toEqual(before['summary'])
  expect(after['scored']).toEqual(before['scored'])
  await expectBalanced(f, 'after the reset')
  ok([await rebuildSilver(f.lake, f.stream)])
  expect((await contents(f))['silver']).toEqual(before['silver'])
  await expectBalanced(f, 'rebuilt')
  await pass(f, 7, 9)
})
