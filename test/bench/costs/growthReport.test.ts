import { describe, expect, test } from 'vitest'

import type { RunProfile, StepProfile } from './costModel.js'
import { atBillion, type GrownPoint, growthText } from './growthReport.js'

const nothing: RunProfile = { cpuMs: 0, reads: 0, writes: 0, lists: 0, deletes: 0, rowsOut: 0, bytesOut: 0 }

/** Bronze alone, with so many reads a commit. */
const grown = (eventsBefore: number, reads: number): GrownPoint => {
  const busy = { ...nothing, reads, rowsOut: 1_000 }
  const bronze: StepProfile = { step: 'bronze', everyMs: undefined, busy, idle: nothing }
  return { eventsBefore, measured: { profiles: [bronze], bytesPerEvent: 165 } }
}
const conditions = { eventsPerSecond: 1_000, intervalSeconds: 1, minutes: 1, operationCpuMs: 0, machine: 'here' }

describe('what 10⁹ events take', () => {
  const sizes = [{ eventsBefore: 1e5 }, { eventsBefore: 1e6 }, { eventsBefore: 1e7 }]
  test.each([
    ['the last tenfold twice more', [1, 5, 8], 14],
    ['no less than the most, where it was less', [1, 5, 3], 3],
    ['as much where nothing grows', [4, 4, 4], 4],
  ])('%s', (_, values, expected) => {
    expect(atBillion(values, sizes)).toBeCloseTo(expected, 12)
  })

  test('cannot be told from one size', () => {
    expect(atBillion([1], [{ eventsBefore: 1e5 }])).toBeNaN()
  })
})

test('a million events in a thousand commits of two reads cost a thousand executions and two thousand reads', () => {
  const text = growthText([grown(1e6, 1), grown(1e7, 2)], conditions)
  const lines = text.split('\n')
  expect(lines).toContain('| bronze, reads | 1.0 | 2.0 | 4.0 |')
  // 1,000 s of 2 GB: 0.052; 1,000 executions: 0.0004; 1,000 and 2,000 reads: 0.0005 and 0.001.
  expect(lines).toContain('| **all, dollars a million** | $0.0529 | $0.0534 | $0.0544 |')
})
