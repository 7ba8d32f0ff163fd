import { expect, test } from 'vitest'

import { failureText } from '../../../shared/cli/output/printReports.js'

const failed = {
  step: 'bronze',
  outcome: 'failed',
  rowsIn: 0,
  rowsOut: 0,
  durationMs: 1,
  detail: {},
  error: { code: 'STORAGE_FAILED', message: 'Cannot write /lake/a: the disk is full (ENOSPC).', retryable: false },
} as const

test('a step that failed says what it committed before, and nothing when it did not', () => {
  expect(failureText({ ...failed, stream: 'events' })).toBe(
    'bronze of events failed: Cannot write /lake/a: the disk is full (ENOSPC).',
  )
  expect(failureText({ ...failed, stream: 'events', rowsIn: 20, rowsOut: 20, version: 7 })).toBe(
    'bronze of events failed: Cannot write /lake/a: the disk is full (ENOSPC). What it committed before stays: 20 rows, up to version 7.',
  )
  expect(failureText({ ...failed, rowsOut: 1, version: 0 })).toMatch(/^bronze failed: .* 1 row, up to version 0\.$/)
})
