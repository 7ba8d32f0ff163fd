import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { Deliveries, isDelivery } from '../../../shared/pipeline/lineage/deliveries.js'
import type { RunRecord, StartedRun } from '../../../shared/telemetry/index.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

function told() {
  const lines: string[] = []
  const deliveries = new Deliveries(
    ({ runId }) => lines.push(`START ${runId}`),
    ({ run, written }) =>
      lines.push(`${run.outcome} ${run.runId}: ${run.rowsIn} to ${run.rowsOut}, version ${written?.version ?? 'none'}`),
  )
  const start = (runId: string) => {
    const run: StartedRun = { runId, step: 'bronze', stream: 'events', trigger: 'kafka', startTime: 0 }
    deliveries.started(run)
    return run
  }
  const end = (run: StartedRun, outcome: RunRecord['outcome'], version?: number) => {
    const written = version === undefined ? undefined : { table: 'bronze.events', version, ranges: [] }
    const rowsOut = version === undefined ? 0 : 9
    deliveries.ended({ ...run, rowsIn: 10, rowsOut, outcome, endTime: 1 } as RunRecord, written)
  }
  return { lines, deliveries, start, end }
}

test('deliveries of a minute are one run, and those after it the next', () => {
  const { lines, start, end } = told()
  for (const version of [1, 2, 3]) end(start(`r${version}`), 'committed', version)
  end(start('r4'), 'nothingToDo')
  expect(lines).toEqual(['START r1'])
  vi.advanceTimersByTime(60_000)
  expect(lines).toEqual(['START r1', 'committed r1: 40 to 27, version 3'])
  end(start('r5'), 'committed', 4)
  vi.advanceTimersByTime(60_000)
  expect(lines.slice(2)).toEqual(['START r5', 'committed r5: 10 to 9, version 4'])
})

test('one that fails ends the run, with what the others had written', () => {
  const { lines, start, end } = told()
  end(start('r1'), 'committed', 1)
  end(start('r2'), 'failed')
  end(start('r3'), 'failed')
  expect(lines).toEqual(['START r1', 'failed r1: 20 to 9, version 1', 'START r3', 'failed r3: 10 to 0, version none'])
  vi.advanceTimersByTime(120_000)
  expect(lines).toHaveLength(4)
})

test('a run whose first delivery lasts longer than the minute ends with it', () => {
  const { lines, start, end } = told()
  const slow = start('r1')
  vi.advanceTimersByTime(90_000)
  expect(lines).toEqual(['START r1'])
  end(slow, 'committed', 1)
  expect(lines).toEqual(['START r1', 'committed r1: 10 to 9, version 1'])
})

test('deliveries that overlap are each in one run, whatever order they end in', () => {
  const { lines, deliveries, start, end } = told()
  const [one, two] = [start('r1'), start('r2')]
  end(two, 'committed', 2)
  end(one, 'failed')
  expect(lines).toEqual(['START r1', 'failed r1: 20 to 9, version 2'])
  const [three, four] = [start('r3'), start('r4')]
  end(four, 'committed', 4)
  vi.advanceTimersByTime(60_000)
  end(three, 'committed', 3)
  deliveries.close()
  deliveries.close()
  expect(lines.slice(2)).toEqual([
    'START r3',
    'committed r3: 10 to 9, version 4',
    'START r3',
    'committed r3: 10 to 9, version 3',
  ])
})

test('the newest version is told, whichever delivery ends last', () => {
  const { lines, deliveries, start, end } = told()
  const [one, two] = [start('r1'), start('r2')]
  end(two, 'committed', 2)
  end(one, 'committed', 1)
  deliveries.close()
  expect(lines).toEqual(['START r1', 'committed r1: 20 to 18, version 2'])
})

test('only what a trigger delivers is taken together', () => {
  expect(isDelivery({ step: 'bronze', trigger: 'eventhubs' })).toBe(true)
  expect(isDelivery({ step: 'bronze', trigger: 'timer' })).toBe(false)
  expect(isDelivery({ step: 'silver', trigger: 'kafka' })).toBe(false)
})
