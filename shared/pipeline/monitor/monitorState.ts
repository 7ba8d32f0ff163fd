import { asObject, type Json } from '../../types/index.js'
import { emptyReconciliation } from './reconciliation.js'
import { decodeUndeclared } from './sourceDrift.js'
import type { MonitorState } from './tablePositions.js'

/** Of a stream that was never observed: every table is observed from its first version. */
export const emptyMonitorState: MonitorState = { reconciliation: emptyReconciliation, positions: {} }

/** The state as JSON for the monitor's own commit, under the names that earlier versions read. */
export function encodeMonitorState({ reconciliation, positions }: MonitorState): Json {
  const { reported, observed, ...sums } = reconciliation
  return JSON.parse(
    JSON.stringify({ accounts: { said: reported, counted: observed, ...sums }, booked: positions }),
  ) as Json
}

/** What cannot be read is the empty state. */
export function decodeMonitorState(json: unknown): MonitorState {
  const record = asObject(json)
  const accounts = asObject(record?.['accounts'])
  const positions = asObject(record?.['booked'])
  if (accounts === undefined || positions === undefined) return emptyMonitorState
  const { said, counted, ...sums } = plainNumbers(accounts) as Record<string, object>
  return {
    reconciliation: {
      ...emptyReconciliation,
      ...sums,
      // An earlier version counted less apart, and what waits not at all.
      waiting: sums['waiting'],
      undeclared: decodeUndeclared(sums['undeclared']),
      silver: { ...emptyReconciliation.silver, ...sums['silver'] },
      reported: { ...emptyReconciliation.reported, ...said },
      observed: { ...emptyReconciliation.observed, ...counted },
    },
    positions: plainNumbers(positions),
  } as MonitorState
}

/** A reader that keeps every digit gives large whole numbers as bigint; these are all within a double. */
function plainNumbers(json: unknown): unknown {
  if (typeof json === 'bigint') return Number(json)
  const record = asObject(json)
  if (record === undefined) return json
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, plainNumbers(value)]))
}
