import { describe, expect, test } from 'vitest'

import { type MonitorEntry, monitorEntry } from '../../../shared/pipeline/status/monitorEntry.js'
import { repairOf } from '../../../shared/pipeline/status/repair.js'
import type { Row } from '../../../shared/types/index.js'

function entry(layer: string, status: string, more: Row = {}): MonitorEntry {
  const row = { run_time: 0n, table_name: `${layer}.orders`, stream: 'orders', layer, status, reason: '', ...more }
  const made = monitorEntry(row)
  if (made === undefined) throw new Error('no entry')
  return made
}

const newer = entry('bronze', 'OK', { newest_event_time: 2n })
const older = { newest_event_time: 1n }

describe('the command that repairs', () => {
  test.each<[string, MonitorEntry, MonitorEntry | undefined, string | undefined]>([
    [
      'a stopped topic',
      entry('bronze', 'DEGRADED', { reason: 'TOPIC_RECREATED: … run: lake reset-offsets orders' }),
      undefined,
      'lake reset-offsets orders',
    ],
    ['a lag', entry('bronze', 'LATE', { lag: 5n }), undefined, 'lake run bronze'],
    ['a silent source', entry('bronze', 'STALE', { lag: 0n }), undefined, undefined],
    ['Kafka that cannot be asked', entry('bronze', 'DEGRADED', { lag: null }), undefined, undefined],
    ['lost offsets', entry('bronze', 'DEGRADED', { lag: 5n }), undefined, undefined],
    ['a table in order', entry('silver', 'OK', older), newer, undefined],
    ['silver behind bronze', entry('silver', 'STALE', older), newer, 'lake run silver'],
    ['silver that is not there', entry('silver', 'STALE'), newer, 'lake run silver'],
    ['silver as old as bronze', entry('silver', 'STALE', { newest_event_time: 2n }), newer, undefined],
    ['silver before anything', entry('silver', 'STALE'), entry('bronze', 'STALE'), undefined],
    [
      'rows of silver lost',
      entry('silver', 'DEGRADED', { identity_closed: false }),
      newer,
      'lake rebuild silver --stream orders',
    ],
    [
      'a replaced bronze',
      entry('silver', 'DEGRADED', { reason: 'Run lake rebuild silver.' }),
      newer,
      'lake rebuild silver --stream orders',
    ],
    [
      'rows of the summary lost',
      entry('summary', 'DEGRADED', { identity_closed: false }),
      undefined,
      'lake rebuild gold --stream orders',
    ],
    ['gold behind silver', entry('gold', 'LATE', older), newer, 'lake run gold'],
    ['rows of bronze lost', entry('bronze', 'DEGRADED', { identity_closed: false }), undefined, undefined],
    ['a layer that is not known', entry('platinum', 'STALE'), newer, undefined],
  ])('%s', (_, one, source, command) => {
    expect(repairOf(one, source)).toBe(command)
  })
})
