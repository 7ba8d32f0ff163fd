import { describe, expect, test } from 'vitest'

import {
  decodeMonitorState,
  emptyMonitorState,
  encodeMonitorState,
} from '../../../shared/pipeline/monitor/monitorState.js'
import { emptyReconciliation } from '../../../shared/pipeline/monitor/reconciliation.js'
import { type MonitorState } from '../../../shared/pipeline/monitor/tablePositions.js'

describe('what one run of the monitor leaves for the next', () => {
  const state: MonitorState = {
    reconciliation: {
      ...emptyReconciliation,
      reported: { ...emptyReconciliation.reported, received: 12, missing: 2 },
      observed: { rows: 10, valid: 9, quarantined: 1, tombstones: 0, dropped: 0, filtered: 0, erased: 0 },
      silverRows: 9,
    },
    positions: { 'bronze/events': { id: 'a', version: 3, files: 4, smallFiles: 1, bytes: 90 } },
  }

  test('is read back as it was', () => {
    expect(decodeMonitorState(encodeMonitorState(state))).toEqual(state)
  })

  test('is stored under the names that lakes already have', () => {
    expect(encodeMonitorState(state)).toMatchObject({
      accounts: { said: { received: 12 }, counted: { rows: 10 }, silverRows: 9 },
      booked: { 'bronze/events': { version: 3 } },
    })
  })

  test('of a run that knew fewer counts is read, and what it lacks counts 0', () => {
    const { reconciliation } = decodeMonitorState({ accounts: { said: { received: 7n }, silverRows: 5 }, booked: {} })
    expect(reconciliation).toMatchObject({ reported: { received: 7 }, silverRows: 5, scoredRows: 0 })
    expect(reconciliation.observed).toEqual(emptyReconciliation.observed)
  })

  test('that makes no sense is the empty one', () => {
    for (const json of [undefined, null, 'x', {}, { accounts: {} }])
      expect(decodeMonitorState(json)).toBe(emptyMonitorState)
  })
})
