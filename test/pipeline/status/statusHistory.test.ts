import { expect, test } from 'vitest'

import { newestVerdict, sinceWhen, type Verdict } from '../../../shared/pipeline/status/statusHistory.js'

const at = (runTime: number, status: Verdict['status']): Verdict => ({ runTime, status })

test('since when is the first run of the last row of like ones, in whatever order the rows come', () => {
  const newest = at(50, 'LATE')
  const rows = [at(40, 'LATE'), newest, at(10, 'LATE'), at(30, 'LATE'), at(20, 'OK')]
  expect(sinceWhen(rows, newest)).toEqual({ time: 30, isStart: true })
})

test('without another verdict before, it may have been so for longer', () => {
  const newest = at(50, 'OK')
  expect(sinceWhen([newest, at(40, 'OK')], newest)).toEqual({ time: 40, isStart: false })
  expect(sinceWhen([], newest)).toEqual({ time: 50, isStart: false })
})

test('rows that lie in the future hide nothing, and count only where there is no other', () => {
  const rows = [at(9_000_000, 'OK'), at(1_000, 'DEGRADED'), at(500, 'OK'), at(8_000_000, 'LATE')]
  expect(newestVerdict(rows, 2_000)).toEqual(at(1_000, 'DEGRADED'))
  expect(newestVerdict([at(9_000_000, 'OK'), at(8_000_000, 'LATE')], 2_000)).toEqual(at(8_000_000, 'LATE'))
  const none: readonly Verdict[] = []
  expect(newestVerdict(none, 2_000)).toBeUndefined()
  const like = [...rows, at(800, 'DEGRADED')]
  expect(sinceWhen(like, at(1_000, 'DEGRADED'))).toEqual({ time: 800, isStart: true })
})
