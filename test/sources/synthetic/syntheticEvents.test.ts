import { describe, expect, test } from 'vitest'

import { firstIdOf, SyntheticEvents } from '../../../shared/sources/synthetic/syntheticEvents.js'

const text = (bytes: Uint8Array | null): string => (bytes === null ? '' : Buffer.from(bytes).toString('latin1'))

describe('synthetic events', () => {
  test('are the same for the same seed, however they are taken', () => {
    const whole = new SyntheticEvents({ seed: 5 }).take(2_000)
    const parts = new SyntheticEvents({ seed: 5 })
    expect([...parts.take(700), ...parts.take(1_300)]).toEqual(whole)
    expect(new SyntheticEvents({ seed: 6 }).take(2_000)).not.toEqual(whole)
  })

  test('of two seeds have no key in common: the second is not all duplicates of the first', () => {
    const keys = [0, 7, 8, 2 ** 20 - 1].flatMap(seed => {
      const events = new SyntheticEvents({ seed, firstId: firstIdOf(seed), duplicates: 0, broken: 0, tombstones: 0 })
      return events.take(2_000).map(({ key }) => text(key))
    })
    expect(new Set(keys).size).toBe(8_000)
    expect(Number.isSafeInteger(firstIdOf(2 ** 20 - 1) + 2 ** 32)).toBe(true)
  })

  test('have the form of the sample event', () => {
    const [first] = new SyntheticEvents({ broken: 0, late: 0, duplicates: 0, tombstones: 0, firstId: 997 }).take(1)
    expect(JSON.parse(text(first?.value ?? null))).toEqual({
      event_id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string,
      event_type: expect.any(String) as string,
      timestamp: '2025-04-01T17:37:57.000Z',
      value: expect.stringMatching(/^-?\d+$/) as string,
    })
  })

  test('are what the expectation says', () => {
    const lateness = 600_000
    const events = new SyntheticEvents({
      seed: 3,
      duplicates: 5,
      late: 5,
      broken: 6,
      tombstones: 2,
      allowedLatenessMs: lateness,
    })
    const records = events.take(20_000)
    const { expected } = events
    const ids = new Map<string, number>()
    let late = 0
    let broken = 0
    for (const { value, timestamp = 0 } of records) {
      if (value === null) continue
      let event: Record<string, unknown>
      try {
        event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as Record<string, unknown>
      } catch {
        broken++
        continue
      }
      const time = Date.parse(String(event['timestamp']))
      if (
        typeof event['event_type'] !== 'string' ||
        typeof event['value'] !== 'string' ||
        event['value'] === 'NaN' ||
        time > timestamp + 3_600_000
      ) {
        broken++
        continue
      }
      ids.set(String(event['event_id']), (ids.get(String(event['event_id'])) ?? 0) + 1)
      if (timestamp - time > lateness) late++
    }
    const valid = Array.from(ids.values()).reduce((a, b) => a + b, 0)
    expect(expected.records).toBe(20_000)
    expect(expected.tombstones).toBe(records.filter(({ value }) => value === null).length)
    expect({ valid, distinct: ids.size, late, broken }).toEqual({
      valid: expected.valid,
      distinct: expected.distinct,
      late: expected.late,
      broken: Object.values(expected.broken).reduce((a, b) => a + b, 0),
    })
    expect(expected.duplicates).toBe(expected.valid - expected.distinct)
    for (const [share, count] of [
      [5, expected.duplicates],
      [5, late],
      [6, broken],
      [2, expected.tombstones],
    ] as const) {
      expect(Math.abs(count / 200 - share)).toBeLessThan(1)
    }
    expect(Math.min(...Object.values(expected.broken))).toBeGreaterThan(100)
  })

  test('duplicates far apart in records are never late by that', () => {
    const events = new SyntheticEvents({ intervalMs: 60_000, duplicates: 50, late: 0, broken: 0, tombstones: 0 })
    for (const { value, timestamp = 0 } of events.take(500)) {
      const { timestamp: time } = JSON.parse(text(value)) as { timestamp: string }
      expect(timestamp - Date.parse(time)).toBeLessThanOrEqual(600_000)
    }
  })
})
