import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { MemoryStore, MeteredStore } from '../../shared/storage/index.js'
import { execution } from '../../shared/telemetry/execution.js'
import { defaultPrices } from '../../shared/telemetry/listPrices.js'
import { startRun } from '../../shared/telemetry/run.js'

/** Runs of so many milliseconds, and where each lies in its execution. */
function runner() {
  const clock = new ManualClock(1_700_000_000_000)
  const store = new MeteredStore(new MemoryStore(clock))
  const run = async (durationMs: number) => {
    const begun = startRun({ step: 'gold', trigger: 'timer', store, clock })
    await Promise.resolve()
    clock.advance(durationMs)
    return begun.finish({ outcome: 'nothingToDo' })
  }
  return { clock, run }
}

describe('an execution', () => {
  test('of three runs is billed its least time once, and says of each later one how long it had lasted', async () => {
    const { clock, run } = runner()
    const records = await execution(clock, async () => [await run(100), await run(50), await run(2_000)])
    expect(records.map(({ executionOffsetMs }) => executionOffsetMs)).toEqual([undefined, 100, 150])
    const usd = records.reduce((sum, { estimatedCostUsd }) => sum + estimatedCostUsd, 0)
    const billedSeconds = 2.2
    expect(usd).toBeCloseTo(billedSeconds * 2 * defaultPrices.perGigabyteSecond + 0.4e-6, 12)
  })

  test('within another one is a part of that', async () => {
    const { clock, run } = runner()
    const records = await execution(clock, async () => [await run(100), await execution(clock, () => run(1))])
    expect(records.map(({ executionOffsetMs }) => executionOffsetMs)).toEqual([undefined, 100])
  })

  test('is not that of another function in the same process at the same time', async () => {
    const { clock, run } = runner()
    const both = [execution(clock, () => run(10)), execution(clock, () => run(10)), run(10), run(10)]
    for (const { executionOffsetMs } of await Promise.all(both)) expect(executionOffsetMs).toBeUndefined()
  })
})
