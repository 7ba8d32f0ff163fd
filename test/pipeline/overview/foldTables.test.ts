import { describe, expect, test } from 'vitest'

import { foldTables } from '../../../shared/pipeline/overview/tableOverviews.js'
import type { Row } from '../../../shared/types/index.js'

const now = 1_700_000_000_000
const row = (minutes: number, status: string, more: Row = {}): Row => ({
  run_time: BigInt(now + minutes * 60_000) * 1000n,
  table_name: 'bronze.events',
  status,
  reason: `it is ${status}`,
  ...more,
})

describe('rows of monitor_logs', () => {
  test('the newest stays whole, and a change of the verdict is kept with its time and told', () => {
    const { tables, events } = foldTables({}, [row(-1, 'DEGRADED'), row(-3, 'OK'), row(-2, 'OK')], now)
    expect(tables['bronze.events']?.row['status']).toBe('DEGRADED')
    expect(tables['bronze.events']?.changes).toEqual([
      { at: now - 180_000, status: 'OK' },
      { at: now - 60_000, status: 'DEGRADED' },
    ])
    expect(events).toEqual([
      { at: now - 60_000, kind: 'status', about: 'bronze.events', text: 'OK → DEGRADED: it is DEGRADED' },
    ])
  })

  test('rejected records are told by how many more there are, beyond 2^53 and after a new table too', () => {
    const big = 2n ** 60n
    const first = foldTables({}, [row(-5, 'OK', { quarantined: big })], now)
    const second = foldTables(
      first.tables,
      [row(-4, 'OK', { quarantined: big + 1024n }), row(-3, 'OK', { quarantined: 2n })],
      now,
    )
    expect(second.events.map(({ text }) => text)).toEqual(['1024 records rejected'])
  })

  test('a row of the future hides none of those that come after it', () => {
    const { tables } = foldTables({}, [row(90, 'STALE'), row(-1, 'OK')], now)
    expect(tables['bronze.events']?.row['status']).toBe('OK')
  })

  test('an older row that comes late is a value over time, and not the newest', () => {
    const first = foldTables({}, [row(-1, 'OK')], now)
    const { tables, events } = foldTables(first.tables, [row(-9, 'LATE', { rows_added: 7n })], now)
    expect(tables['bronze.events']?.row['status']).toBe('OK')
    expect(events).toEqual([])
    expect(tables['bronze.events']?.timeline?.['1h'].values.rows).toEqual([7, null])
  })

  test('names that objects have by themselves are names of tables', () => {
    const rows = ['__proto__', 'constructor', 'toString'].map(table_name => row(-1, 'OK', { table_name }))
    const { tables } = foldTables({}, rows, now)
    expect(Object.keys(tables)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(Object.values(tables).every(({ changes }) => changes.length === 1)).toBe(true)
  })
})
