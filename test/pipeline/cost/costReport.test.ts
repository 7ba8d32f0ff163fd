import { describe, expect, test } from 'vitest'

import { type CostedRun, CostLedger } from '../../../shared/pipeline/cost/costLedger.js'
import { costReport } from '../../../shared/pipeline/cost/costReport.js'
import type { Prices } from '../../../shared/telemetry/index.js'

/** Round ones, so that sums can be done by hand. */
const prices: Prices = {
  asOf: '2025',
  perGigabyteSecond: 0.01,
  perMillionExecutions: 1_000_000,
  minimumExecutionMs: 1_000,
  per10000Reads: 10_000,
  per10000Writes: 20_000,
  per10000Lists: 30_000,
  per10000Deletes: 40_000,
}
const conditions = { prices, instanceMemoryBytes: 2 * 1024 ** 3 }

const run = (more: Partial<CostedRun>): CostedRun => ({
  step: 'bronze',
  stream: 'events',
  table: undefined,
  outcome: 'committed',
  startTime: 0,
  endTime: 0,
  durationMs: 0,
  executionOffsetMs: undefined,
  rowsOut: 0,
  bytesOut: 0,
  reads: 0,
  writes: 0,
  lists: 0,
  deletes: 0,
  estimatedCostUsd: 0,
  ...more,
})

function report(runs: readonly CostedRun[], now = 1e9) {
  const ledger = new CostLedger(prices.minimumExecutionMs, now)
  for (const one of runs) ledger.add(one)
  return costReport(ledger, conditions, step => [step])
}

describe('costs', () => {
  test('of three runs are what they are by hand', () => {
    const { steps, total, maintenance, recorded } = report([
      // 3 s of 2 GB: 0.06; 1 execution: 1; 1 read: 1; 2 writes: 4. Together 6.06
      run({ durationMs: 3_000, rowsOut: 400, bytesOut: 500_000_000, reads: 1, writes: 2, estimatedCostUsd: 0.25 }),
      // 0.25 s, billed as 1 s: 0.005 and 0.015; 1 execution: 1; 1 listing: 3. Together 4.02
      run({ durationMs: 250, rowsOut: 100, lists: 1, estimatedCostUsd: 0.5 }),
      // 1 s: 0.02; 1 execution: 1; 1 deletion: 4. Together 5.02
      run({ step: 'maintenance', durationMs: 1_000, rowsOut: 7, deletes: 1 }),
    ])
    expect(steps.map(({ step, runs }) => [step, runs])).toEqual([
      ['bronze', 2],
      ['maintenance', 1],
    ])
    const [bronze] = steps
    expect(bronze?.parts).toEqual({
      compute: expect.closeTo(0.065, 12) as number,
      minimum: expect.closeTo(0.015, 12) as number,
      executions: 2,
      reads: 1,
      writes: 4,
      lists: 3,
      deletes: 0,
    })
    expect(bronze?.total).toBeCloseTo(10.08, 12)
    expect(bronze?.compute).toBeCloseTo(2.08, 12)
    expect(bronze?.storage).toBe(8)
    expect(bronze?.gigabyteSeconds).toBe(8)
    expect(bronze?.perMillionRows).toBeCloseTo(10.08 * 2_000, 8)
    expect(bronze?.perGigabyte).toBeCloseTo(20.16, 10)
    expect(maintenance).toBeCloseTo(5.02, 12)
    expect(total.total).toBeCloseTo(15.1, 12)
    expect(total.share).toBe(1)
    expect(bronze?.share).toBeCloseTo(10.08 / 15.1, 12)
    expect(recorded).toBe(0.75)
    // An event counts once: by bronze, not by the rows of every step.
    expect([total.rowsOut, total.bytesOut]).toEqual([500, 500_000_000])
    expect(total.perMillionRows).toBeCloseTo(15.1 * 2_000, 8)
  })

  test('short executions are billed one by one: a long one does not make up for them', () => {
    const { total } = report([run({ durationMs: 5_000 }), run({ durationMs: 0 })])
    expect(total.gigabyteSeconds).toBe(12)
  })

  test('as many as are alike cost as much as each of them added alone, and none costs nothing', () => {
    const one = run({ durationMs: 1_001, rowsOut: 2, bytesOut: 3, reads: 1, writes: 2, lists: 3, deletes: 4 })
    const ledger = new CostLedger(prices.minimumExecutionMs, 1e9)
    ledger.add(one, 3)
    ledger.add(run({ step: 'silver' }), 0)
    expect(costReport(ledger, conditions, step => [step])).toEqual(report([one, one, one]))
    expect(report([one]).total.gigabyteSeconds).toBeCloseTo(2.2, 12)
  })

  test('a month is projected from first start to last end, and not from less than ten minutes', () => {
    const minute = 60_000
    const hour = report([
      run({ startTime: 60 * minute, endTime: 90 * minute }),
      run({ endTime: 120 * minute, startTime: 119 * minute }),
    ])
    expect(hour.span).toEqual({ from: 60 * minute, to: 120 * minute })
    expect(hour.month).toBeCloseTo(2.04 * 24 * 30, 8)
    expect(report([run({ startTime: 0, endTime: 9 * minute })]).month).toBeUndefined()
    expect(report([run({ startTime: 0, endTime: 10 * minute })]).month).toBeDefined()
  })

  test('runs that lie in the future are counted and left out', () => {
    const { ahead, total, span } = report([run({ endTime: 1_000 }), run({ endTime: 9e12, writes: 5 })], 2_000)
    expect([ahead, total.runs, total.parts.writes, span?.to]).toEqual([1, 1, 0, 1_000])
  })

  test('without runs nothing is divided by nothing', () => {
    expect(report([])).toMatchObject({ steps: [], span: undefined, month: undefined, lever: undefined })
    expect(report([]).total).toMatchObject({ total: 0, share: 0, perMillionRows: undefined, perGigabyte: undefined })
  })
})

describe('costs by table', () => {
  const gold = (table: string | undefined, more: Partial<CostedRun> = {}) => run({ step: 'gold', table, ...more })
  const care = (table: string, more: Partial<CostedRun> = {}) => run({ step: 'maintenance', table, ...more })
  const tablesOf = (step: string) =>
    step === 'bronze' ? ['bronze.events'] : step === 'gold' ? ['scored', 'drift'] : []
  const byTable = (runs: readonly CostedRun[]) => {
    const ledger = new CostLedger(prices.minimumExecutionMs, 1e9)
    for (const one of runs) ledger.add(one)
    return costReport(ledger, conditions, tablesOf)
  }

  test('are those of the runs that write it and those that maintain it, by hand', () => {
    const { tables, steps, total } = byTable([
      // 1 s of 2 GB: 0.02; 1 execution: 1. Together 1.02 each, and what storage adds.
      gold('scored', { durationMs: 1_000, writes: 3, rowsOut: 100, bytesOut: 2e9 }), // 7.02
      gold('scored', { outcome: 'nothingToDo', durationMs: 1_000, lists: 1 }), // 4.02
      care('scored', { durationMs: 1_000, reads: 5, rowsOut: 900, bytesOut: 7e9 }), // 6.02
      gold('summary', { durationMs: 1_000, writes: 1 }), // 3.02
      care('summary', { durationMs: 1_000 }), // 1.02
      run({ durationMs: 1_000, writes: 2 }), // 5.02: bronze has one table, and need not say it
      gold(undefined, { durationMs: 1_000, reads: 2 }), // 3.02: of an older version, it may be either
    ])
    expect(tables).toEqual([
      {
        table: 'scored',
        stream: 'events',
        steps: ['gold', 'maintenance'],
        runs: 3,
        // Rows that compaction wrote once more are no rows of the table.
        rowsOut: 100,
        bytesOut: 2e9,
        compute: expect.closeTo(3.06, 10) as number,
        storage: 14,
        maintenance: expect.closeTo(6.02, 10) as number,
        total: expect.closeTo(17.06, 10) as number,
        share: expect.closeTo(17.06 / 29.14, 10) as number,
        perMillionRows: expect.closeTo(170_600, 6) as number,
        perGigabyte: expect.closeTo(8.53, 10) as number,
      },
      expect.objectContaining({ table: 'bronze.events', total: expect.closeTo(5.02, 10) as number, maintenance: 0 }),
      expect.objectContaining({ table: 'summary', total: expect.closeTo(4.04, 10) as number, runs: 2 }),
      expect.objectContaining({ table: undefined, steps: ['gold'], total: expect.closeTo(3.02, 10) as number }),
    ])
    expect(total.total).toBeCloseTo(29.14, 10)
    // By step they are as before: the tables of a step together.
    expect(steps.map(({ step, runs }) => [step, runs])).toEqual([
      ['gold', 4],
      ['maintenance', 2],
      ['bronze', 1],
    ])
  })

  test('of two streams whose runs name no table stand apart', () => {
    const { tables } = byTable([
      gold(undefined, { stream: 'events', reads: 1 }),
      gold(undefined, { stream: 'orders', reads: 2 }),
    ])
    expect(tables.map(({ stream, table }) => [stream, table])).toEqual([
      ['orders', undefined],
      ['events', undefined],
    ])
  })
})

describe('the largest lever', () => {
  test('is runs with nothing to do, when all their parts together are more than any other part', () => {
    const idle = run({ step: 'gold', outcome: 'nothingToDo', durationMs: 1_000, reads: 1, lists: 1 })
    const { lever, steps } = report([idle, idle, run({ durationMs: 1_000, reads: 9 })])
    // Idle: 2 × (0.02 + 1 + 1 + 3) = 10.04. Of 20.06, reads of bronze are 9.
    expect(lever).toMatchObject({ step: 'gold', cost: expect.closeTo(10.04, 12) as number })
    expect(lever?.share).toBeCloseTo(10.04 / 20.06, 12)
    expect(lever?.sentence).toBe(
      'The largest lever, 50 % of all, is runs of gold of events that found nothing to do (2): run it less often (GOLD_SCHEDULE).',
    )
    expect(steps.map(({ step, idleRuns }) => [step, idleRuns])).toEqual([
      ['gold', 2],
      ['bronze', 0],
    ])
  })

  test.each<[Partial<CostedRun>, RegExp]>([
    [{ durationMs: 10_000_000 }, /computing in bronze of events: a smaller instance where it suffices \(2048 MB now\)/],
    [{ durationMs: 10_000_000 }, /, or rarer, larger deliveries \(subscriberIntervalInSeconds/],
    [{ writes: 2 }, /writes to storage by bronze of events: rarer, larger deliveries \(subscriberIntervalInSeconds/],
    [{ step: 'silver', lists: 2 }, /listings of storage by silver of events: run it less often \(SILVER_SCHEDULE\)/],
    [
      { step: 'constructor', stream: undefined, deletes: 2 },
      /deletions in storage by constructor: run it less often\./,
    ],
  ])('of %j is named', (more, sentence) => {
    expect(report([run({ durationMs: 1_000, ...more })]).lever?.sentence).toMatch(sentence)
  })
})
