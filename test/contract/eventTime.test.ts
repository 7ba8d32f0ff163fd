import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream } from '../../shared/contract/defineStream.js'
import { date, timestamp, timestampNtz } from '../../shared/contract/fieldTypes.js'
import type { ParseOutcome } from '../../shared/contract/stream.js'

const noon = Date.UTC(2025, 3, 1, 12)
const base = { id: z.string().min(1), at: timestamp() }
const roles = {
  name: 'clicks',
  topic: 'clicks',
  key: 'id',
  eventTime: 'at',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

function streamOf(shape: z.core.$ZodLooseShape) {
  return defineStream({ ...roles, schema: z.object({ ...base, ...shape }) })
}

/** Parses an event whose field `f` is this JSON text. */
function parseField(type: z.core.$ZodType, json: string): ParseOutcome {
  return streamOf({ f: type }).parse(Buffer.from(`{"id":"1","at":"2025-04-01T12:00:00Z","f":${json}}`), noon)
}

describe('an event time ahead of Kafka', () => {
  const at = (time: string) => streamOf({}).parse(Buffer.from(`{"id":"1","at":"${time}"}`), noon)

  test('by an hour is a matter of clocks; by more it is an error', () => {
    expect(at('2025-04-01T13:00:00Z')).toMatchObject({ valid: true })
    expect(at('2025-04-01T13:00:00.000001Z')).toMatchObject({ rejection: { code: 'EVENT_TIME_IN_FUTURE', path: 'at' } })
    expect(at('9999-12-31T23:59:59Z')).toMatchObject({ rejection: { code: 'EVENT_TIME_IN_FUTURE' } })
  })

  test('is recognised by the time of ingestion where Kafka has no timestamp, or one that is no measure of anything', () => {
    const event = (year: string) => Buffer.from(`{"id":"1","at":"${year}-04-01T12:59:00Z"}`)
    for (const kafka of [null, -1, Date.UTC(2099, 0), Number.MAX_SAFE_INTEGER]) {
      expect(streamOf({}).parse(event('2025'), kafka, noon), String(kafka)).toMatchObject({ valid: true })
      expect(streamOf({}).parse(event('2099'), kafka, noon), String(kafka)).toMatchObject({
        rejection: { code: 'EVENT_TIME_IN_FUTURE', message: expect.stringContaining('time of ingestion') as string },
      })
    }
    // A clock here that is behind must not put good events away.
    expect(streamOf({}).parse(event('2025'), noon, noon - 300 * 86_400_000)).toMatchObject({ valid: true })
    expect(streamOf({}).parse(event('2099'), -1)).toMatchObject({ valid: false })
  })
})

describe('a time outside the years 0001 to 9999', () => {
  const bytes = (value: unknown) =>
    defineStream({
      ...roles,
      schema: z.object({ ...base, f: timestamp({ epoch: 'microseconds' }).optional(), n: timestampNtz().optional() }),
      decode: () => ({ id: 'x', at: new Date(noon), ...(value as object) }),
    }).parse(new Uint8Array(), noon)

  test.each([
    ['as text with a zone', timestamp(), '"0001-01-01T00:00:00+05:00"'],
    ['as text with a zone, at the other end', timestamp(), '"9999-12-31T23:59:59-05:00"'],
    ['as a count', timestamp({ epoch: 'microseconds' }), '9223372036854775807'],
    ['as seconds', timestamp({ epoch: 'seconds' }), '253402300800'],
    ['as milliseconds before', timestamp({ epoch: 'milliseconds' }), '-62135596800001'],
    ['as a wall clock', timestampNtz(), '"10000-01-01T00:00:00"'],
    ['as a date', date(), '"0000-12-31"'],
  ])('%s is rejected', (_, type, json) => {
    expect(parseField(type, json)).toMatchObject({
      rejection: { code: 'FIELD_VALUE', path: 'f', message: expect.stringMatching(/0001|date|zone/) as string },
    })
  })

  test('from a decoder of its own is rejected', () => {
    expect(bytes({ f: 253_402_300_800_000_000n })).toMatchObject({ rejection: { code: 'FIELD_VALUE', path: 'f' } })
    expect(bytes({ f: new Date(NaN) })).toMatchObject({ rejection: { code: 'FIELD_VALUE', path: 'f' } })
    expect(bytes({ f: new Date(8.64e15) })).toMatchObject({ rejection: { code: 'FIELD_VALUE', path: 'f' } })
    expect(bytes({ n: -(2n ** 63n) })).toMatchObject({ rejection: { code: 'FIELD_VALUE', path: 'n' } })
    expect(bytes({ f: 253_402_300_799_999_999n, n: 0n })).toMatchObject({ valid: true })
  })
})
