import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { freshnessOf } from '../../../shared/pipeline/monitor/freshness.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { range } from '../bronze/bronzeFixture.js'
import { look, open, settings } from './monitorFixture.js'

describe('the age of the newest event', () => {
  const now = 1_700_000_000_000
  const age = (aheadMs: number, lastCommitAt?: number) => freshnessOf((now + aheadMs) * 1000, lastCommitAt, now)

  test('is never less than nothing, and none where there is no event', () => {
    expect(age(-2_500)).toEqual({ seconds: 2.5, notes: [] })
    // It came while the tables were looked at, or its clock is a little ahead.
    for (const ms of [0, 1, 4_999, 5_000]) expect(age(ms, now - 60_000)).toEqual({ seconds: 0, notes: [] })
    expect(freshnessOf(0, now, now)).toEqual({ seconds: undefined, notes: [] })
  })

  test('is that of the last commit where the event is ahead of the clock, and the sentence says so', () => {
    expect(age(5_001, now - 60_000)).toEqual({
      seconds: 60,
      notes: [expect.stringMatching(/^the newest event is 5\.?\d* s ahead of the storage's clock/) as string],
    })
    expect(age(75 * 31_557_600_000, now - 7_200_000).seconds).toBe(7_200)
    for (const at of [undefined, now + 3_600_000]) expect(age(60_000, at).seconds).toBe(0)
  })

  test('of an event of a clock that is 40 days ahead does not keep a silent table fresh', async () => {
    await using f = await open()
    const timestamp = f.clock.now() + 40 * 86_400_000
    const value = { event_id: 'x', event_type: 'a', timestamp: new Date(timestamp).toISOString(), value: 1 }
    f.source.append('events', [{ key: null, timestamp, value: Buffer.from(JSON.stringify(value)) }])
    await f.deliver([0])
    const first = (await look(f))['bronze']
    expect(first).toMatchObject({ status: 'OK', freshness_seconds: expect.closeTo(1, 1) as number })
    expect(first?.['reason']).toMatch(/The newest event is 40 days ahead of/)
    f.clock.advance(2 * 3_600_000)
    const later = (await look(f))['bronze']
    expect(later?.['status']).toBe('STALE')
    expect(later?.['freshness_seconds']).toBeGreaterThan(7_200)
  })
})

describe('the monitor, of clocks,', () => {
  test.each([
    ['ahead', 40 * 86_400_000, '40 days ahead of'],
    ['a little ahead', 30_000, '30 s ahead of'],
    ['behind', -3_600_000, '60 min behind'],
  ])("says that a writer's is %s, in the run that sees it", async (_, ms, words) => {
    await using f = await open()
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    await look(f)
    const skewed = await f.another({ settings, clock: new ManualClock(f.clock.now() + ms) })
    await skewed.deliver(range(5, 10))
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'OK', clock_skew_seconds: ms / 1000 })
    expect(bronze?.['reason']).toContain(`A writer's clock is ${words} the storage's clock.`)
    expect((await look(f))['bronze']).toMatchObject({ clock_skew_seconds: null })
  })

  test('says that its own is wrong, and is as fresh as the storage says', async () => {
    await using f = await open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    await using skewed = await f.another({ settings, clock: new ManualClock(f.clock.now() + 40 * 86_400_000) })
    expect(await runMonitor(skewed.lake, 'timer')).toMatchObject([{ outcome: 'committed' }])
    const [bronze] = (await f.read('monitor_logs')).filter(row => row['layer'] === 'bronze')
    expect(bronze).toMatchObject({ status: 'OK', run_time: BigInt(f.clock.now()) * 1000n })
    expect(bronze?.['reason']).toContain("The clock of the monitor's host is 40 days ahead of the storage's clock.")
  })
})
