import { describe, expect, test } from 'vitest'

import { overdueOf } from '../../../shared/pipeline/monitor/overdueRecords.js'
import { type Findings, tableStatus } from '../../../shared/pipeline/monitor/status.js'

const now = Date.UTC(2025, 3, 8)
const day = 86_400_000
const since = (ms: number) => (now - ms) * 1000
const waiting = {
  NOT_JSON: { count: 2, oldest: since(3 * day) },
  FIELD_TYPE: { count: 5, oldest: since(day) },
  FIELD_VALUE: { count: 0, oldest: since(100 * day) },
}

const findings: Findings = {
  layer: 'bronze',
  exists: true,
  freshness: 1,
  paused: undefined,
  gone: 0n,
  failed: undefined,
  lag: 0n,
  unanswered: undefined,
  undrained: [],
  held: [],
  heldLong: false,
  overdue: undefined,
  balance: undefined,
  newlyMissing: 0n,
  stopped: [],
  notes: [],
  late: 300,
  stale: 3600,
}

describe('rejected records that wait', () => {
  test('are overdue by reason, those of reasons without records never', () => {
    expect(overdueOf(waiting, now, 2 * day)).toContain('2 of NOT_JSON, the oldest for')
    expect(overdueOf(waiting, now, 2 * day)).not.toContain('FIELD')
    expect(overdueOf(waiting, now, 3 * day)).toBeUndefined()
    expect(overdueOf(waiting, now, undefined)).toBeUndefined()
    expect(overdueOf(undefined, now, 1)).toBeUndefined()
  })

  test('for too long make the table LATE, however new its newest row is, and no more than that', () => {
    const overdue = overdueOf(waiting, now, 2 * day)
    expect(tableStatus({ ...findings, overdue })).toMatchObject({ status: 'LATE' })
    expect(tableStatus({ ...findings, overdue }).reason).toContain('Rejected records are in quarantine for longer than')
    expect(tableStatus(findings)).toMatchObject({ status: 'OK' })
    expect(tableStatus({ ...findings, overdue, freshness: 4000 })).toMatchObject({ status: 'STALE' })
  })
})
