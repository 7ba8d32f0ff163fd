import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { range } from '../bronze/bronzeFixture.js'
import { look, open, settings } from './monitorFixture.js'

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
