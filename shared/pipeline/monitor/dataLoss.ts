import { bronzePath, type Stream } from '../../contract/index.js'
import type { MonitorState } from './tablePositions.js'

/** What bronze recorded as missing and rejected since the last run; all of it where it was recreated. */
export function newlyReported(stream: Stream, before: MonitorState, after: MonitorState) {
  const path = bronzePath(stream)
  const isSameTable = before.positions[path]?.id === after.positions[path]?.id
  const since = (name: 'missing' | 'quarantined') =>
    after.reconciliation.reported[name] - (isSameTable ? before.reconciliation.reported[name] : 0)
  return { missing: since('missing'), quarantined: since('quarantined') }
}
