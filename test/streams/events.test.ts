import { expect, test } from 'vitest'

import { events } from '../../shared/streams/events.js'
import { streams } from '../../shared/streams/index.js'

const sample = '{"event_id":"997","event_type":"click","timestamp":"2025-04-01T17:37:57.000Z","value":"1984"}'
const sentAt = Date.UTC(2025, 3, 1, 17, 38)

test('the sample event is read with its types', () => {
  expect(events.parse(Buffer.from(sample), sentAt)).toEqual({
    valid: true,
    row: { event_id: '997', event_type: 'click', timestamp: 1743529077000000n, value: 1984 },
  })
})

test.each([
  [{ event_id: '' }, 'FIELD_VALUE', 'event_id'],
  [{ event_id: null }, 'FIELD_TYPE', 'event_id'],
  [{ event_type: undefined }, 'FIELD_MISSING', 'event_type'],
  [{ timestamp: 'yesterday' }, 'FIELD_VALUE', 'timestamp'],
  [{ timestamp: '2099-01-01T00:00:00Z' }, 'EVENT_TIME_IN_FUTURE', 'timestamp'],
  [{ value: '' }, 'FIELD_VALUE', 'value'],
  [{ value: 'NaN' }, 'EXPECTATION_FAILED', 'value is finite'],
])('with %o it is rejected', (change, code, path) => {
  const value = Buffer.from(JSON.stringify({ ...(JSON.parse(sample) as object), ...change }))
  expect(events.parse(value, sentAt)).toMatchObject({ valid: false, rejection: { code, path } })
})

test('no two streams share a name or a topic', () => {
  expect(new Set(streams.map(({ name }) => name)).size).toBe(streams.length)
  expect(new Set(streams.map(({ topic }) => topic)).size).toBe(streams.length)
})
