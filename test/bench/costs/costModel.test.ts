import { describe, expect, test } from 'vitest'

import type { Prices } from '../../../shared/telemetry/index.js'
import { type CostCase, monthlyCost, runMs, type RunProfile, type StepProfile } from './costModel.js'

/** Round ones, so that sums can be done by hand. */
const prices: Prices = {
  asOf: '2026',
  perGigabyteSecond: 0.001,
  perMillionExecutions: 1_000_000,
  minimumExecutionMs: 1_000,
  per10000Reads: 10_000,
  per10000Writes: 20_000,
  per10000Lists: 30_000,
  per10000Deletes: 0,
}
const nothing: RunProfile = { cpuMs: 0, reads: 0, writes: 0, lists: 0, deletes: 0, rowsOut: 0, bytesOut: 0 }
const one: CostCase = {
  eventsPerSecond: 10,
  commitIntervalMs: 60_000,
  instanceMemoryMb: 2048,
  bronzeWaits: false,
  operationMs: 0,
  operationCpuMs: 0,
  prices,
}
const bronze = (busy: Partial<RunProfile>): StepProfile => ({
  step: 'bronze',
  everyMs: undefined,
  busy: { ...nothing, ...busy },
  idle: nothing,
})
/** Commits of a month, one a minute. */
const minutes = 43_200

describe('the cost of a month', () => {
  test('is what it is by hand', () => {
    const silver: StepProfile = {
      step: 'silver',
      everyMs: 120_000,
      busy: { ...nothing, cpuMs: 2_000, reads: 3, lists: 1 },
      idle: nothing,
    }
    const { steps, total } = monthlyCost(
      [bronze({ cpuMs: 1_000, writes: 2, rowsOut: 600, bytesOut: 1e6 }), silver],
      one,
    )
    // 1 s of 2 GB: 0.002, an execution: 1, two writes: 4.
    expect(steps[0]).toMatchObject({
      step: 'bronze',
      runs: minutes,
      total: expect.closeTo(minutes * 5.002, 4) as number,
    })
    // Half as often: 0.004, an execution: 1, three reads: 3, a listing: 3.
    expect(steps[1]).toMatchObject({ step: 'silver', total: expect.closeTo((minutes / 2) * 7.004, 4) as number })
    expect(total.rowsOut).toBe(600 * minutes)
    expect(total.perMillionRows).toBeCloseTo(((5.002 + 3.502) / 600) * 1e6, 4)
    expect(total.perGigabyte).toBeCloseTo((5.002 + 3.502) * 1_000, 4)
  })

  test.each([
    [0, 1_000],
    [999, 1_000],
    [1_000, 1_000],
    [1_001, 1_100],
    [1_100, 1_100],
    [1_101, 1_200],
  ])('an execution of %i ms is billed for %i ms', (cpuMs, billed) => {
    const { total } = monthlyCost([bronze({ cpuMs })], one)
    expect(total.gigabyteSeconds).toBeCloseTo((minutes * 2 * billed) / 1_000, 6)
  })

  test('an execution that waits for the next commit is billed for the interval', () => {
    const waiting = monthlyCost([bronze({ cpuMs: 20 })], { ...one, bronzeWaits: true })
    expect(waiting.total.gigabyteSeconds).toBeCloseTo(minutes * 2 * 60, 6)
    const every1s = monthlyCost([bronze({ cpuMs: 20 })], { ...one, bronzeWaits: true, commitIntervalMs: 1_000 })
    expect(every1s.total.gigabyteSeconds).toBeCloseTo(waiting.total.gigabyteSeconds, 6)
  })

  test('with an interval longer than a timer, the timer finds nothing to do in between', () => {
    const profile = { step: 'silver', everyMs: 20_000, busy: { ...nothing, writes: 5 }, idle: { ...nothing, reads: 1 } }
    const { steps } = monthlyCost([bronze({}), profile], one)
    const silver = steps.find(({ step }) => step === 'silver')
    expect(silver).toMatchObject({ runs: 3 * minutes, idleRuns: 2 * minutes })
    expect(silver?.parts.writes).toBeCloseTo(minutes * 10, 6)
    expect(silver?.parts.reads).toBeCloseTo(2 * minutes, 6)
    // What looks after the tables has something to do all the same.
    const [always] = monthlyCost([{ ...profile, isAlwaysBusy: true }], one).steps
    expect(always).toMatchObject({ runs: 3 * minutes, idleRuns: 0 })
  })

  test('without events there are timers alone, and nothing is divided by nothing', () => {
    const timer = { step: 'silver', everyMs: 60_000, busy: { ...nothing, writes: 5 }, idle: nothing }
    const { steps, total } = monthlyCost([bronze({ writes: 9, rowsOut: 1 }), timer], { ...one, eventsPerSecond: 0 })
    expect(steps.map(({ step, runs, idleRuns }) => [step, runs, idleRuns])).toEqual([['silver', minutes, minutes]])
    expect(total.perMillionRows).toBeUndefined()
    expect(total.parts.writes).toBe(0)
  })

  test('a small instance has a quarter of the core, a large one no more than a run can use; operations take their time', () => {
    const run = { ...nothing, cpuMs: 100, reads: 2, writes: 1, lists: 1, deletes: 1 }
    const at = (instanceMemoryMb: number) =>
      runMs(run, { ...one, instanceMemoryMb, operationMs: 10, operationCpuMs: 1 })
    expect([512, 2048, 4096].map(at)).toEqual([470, 155, 155])
  })

  test('an instance that does not get done is refused, by name', () => {
    const small = { ...one, instanceMemoryMb: 512, commitIntervalMs: 1_000 }
    expect(() => monthlyCost([bronze({ cpuMs: 251 })], small)).toThrow(/bronze takes 1004 ms every 1000 ms on 512 MB/)
    expect(() => monthlyCost([bronze({ cpuMs: 250 })], small)).not.toThrow()
  })
})
