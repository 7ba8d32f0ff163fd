import { describe, expect, test } from 'vitest'

import { billedMs, billedPartMs, estimateCostUsd } from '../../shared/telemetry/cost.js'
import { defaultPrices } from '../../shared/telemetry/listPrices.js'

const idle = { reads: 0, writes: 0, lists: 0, deletes: 0 }
const gigabyte = 1024 ** 3

describe('estimateCostUsd', () => {
  test('a 2 GB instance that is busy for an hour costs 18.7 cents and its execution', () => {
    const hour = estimateCostUsd({ durationMs: 3_600_000, instanceMemoryBytes: 2 * gigabyte, storage: idle })
    expect(hour).toBeCloseTo(7200 * 0.000026 + 0.4e-6, 12)
  })

  test('each class of storage requests has its own price, and removals are free', () => {
    const perClass = (storage: Partial<typeof idle>) =>
      estimateCostUsd({ durationMs: 0, executions: 0, storage: { ...idle, ...storage } })
    expect(perClass({ writes: 10_000 })).toBeCloseTo(0.065, 12)
    expect(perClass({ reads: 10_000 })).toBeCloseTo(0.005, 12)
    expect(perClass({ lists: 10_000 })).toBeCloseTo(0.065, 12)
    expect(perClass({ deletes: 10_000 })).toBe(0)
  })

  test('a run of a few milliseconds is billed as the shortest there is', () => {
    const at = (durationMs: number) => estimateCostUsd({ durationMs, storage: idle })
    expect(at(3)).toBe(at(1000))
    expect(at(2000)).toBeGreaterThan(at(1000))
  })

  test.each([
    [0, 1_000],
    [999, 1_000],
    [1_000, 1_000],
    [1_001, 1_100],
    [1_100, 1_100],
    [86_400_001, 86_400_100],
  ])('%i ms are billed as %i ms', (durationMs, billed) => {
    expect(billedMs(durationMs, 1_000)).toBe(billed)
    expect(estimateCostUsd({ durationMs, storage: idle })).toBeCloseTo(
      estimateCostUsd({ durationMs: billed, storage: idle }),
      12,
    )
  })

  test.each([[[300, 200]], [[900, 200, 5]], [[1_500, 1, 99, 700]], [[0, 0, 3]]])(
    'parts of one execution of %j ms are billed together as it is billed whole',
    parts => {
      let passed = 0
      const costs = parts.map((durationMs, i) => {
        const executionOffsetMs = i === 0 ? undefined : passed
        passed += durationMs
        return [
          billedPartMs(durationMs, executionOffsetMs, 1_000),
          estimateCostUsd({ durationMs, executionOffsetMs, storage: idle }),
        ] as const
      })
      expect(costs.reduce((sum, [ms]) => sum + ms, 0)).toBe(billedMs(passed, 1_000))
      expect(costs.reduce((sum, [, usd]) => sum + usd, 0)).toBeCloseTo(
        estimateCostUsd({ durationMs: passed, storage: idle }),
        12,
      )
    },
  )

  test('several executions are billed each for its part', () => {
    const three = estimateCostUsd({ durationMs: 3_300, executions: 3, storage: idle })
    expect(three).toBeCloseTo(3 * estimateCostUsd({ durationMs: 1_100, storage: idle }), 12)
  })

  test('prices can be replaced', () => {
    const prices = { ...defaultPrices, perGigabyteSecond: 0, perMillionExecutions: 1e6 }
    expect(estimateCostUsd({ durationMs: 5000, executions: 3, storage: idle }, prices)).toBe(3)
  })
})
