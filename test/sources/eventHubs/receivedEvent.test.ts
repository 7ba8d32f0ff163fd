import type { ReceivedEventData } from '@azure/event-hubs'
import { describe, expect, test } from 'vitest'

import { toRecord } from '../../../shared/sources/eventHubs/receivedEvent.js'

const event = (over: Partial<ReceivedEventData> = {}, raw: Record<string, unknown> = {}): ReceivedEventData => ({
  body: Buffer.from('x'),
  enqueuedTimeUtc: new Date(5_000),
  partitionKey: null,
  offset: '0',
  sequenceNumber: 1,
  getRawAmqpMessage: () => raw as never,
  ...over,
})

const headers = (applicationProperties: Record<string, unknown>) =>
  toRecord('t', 0, event({}, { applicationProperties })).headers.map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value).toString('latin1'),
  ])

describe('an event as a record', () => {
  test('the sequence number is the offset; bytes, key and properties are kept', () => {
    const odd = Buffer.from([0xff, 0])
    const record = toRecord(
      't',
      2,
      event(
        { body: odd, partitionKey: 'ü', sequenceNumber: 9_007_199_254_740_991 },
        { applicationProperties: { a: 'b', n: 1 } },
      ),
    )
    expect(record).toMatchObject({
      topic: 't',
      partition: 2,
      offset: 9_007_199_254_740_991n,
      timestamp: 5_000,
      value: odd,
    })
    expect(Buffer.from(record.key ?? []).toString()).toBe('ü')
    expect(record.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()])).toEqual([
      ['a', 'b'],
      ['n', '1'],
    ])
    expect(toRecord('t', 0, event({ body: null })).value).toBeNull()
    expect(toRecord('t', 0, event({ body: Buffer.alloc(0) })).value).toHaveLength(0)
  })

  test('a sequence number beyond 2^53 is exact', () => {
    const wire = Buffer.alloc(8)
    wire.writeBigInt64BE(2n ** 60n + 1n)
    expect(toRecord('t', 0, event({ sequenceNumber: wire as never })).offset).toBe(2n ** 60n + 1n)
    expect(() => toRecord('t', 0, event({ sequenceNumber: undefined as never }))).toThrow(
      expect.objectContaining({ code: 'SOURCE_CORRUPT' }),
    )
  })

  test('a property of any type becomes a header', () => {
    const odd = {
      bytes: Buffer.from([255, 0]),
      none: null,
      yes: true,
      nan: Number.NaN,
      at: new Date(5),
      never: new Date(Number.NaN),
      list: [1, 'a'],
      big: 10n,
    }
    expect(headers(odd)).toEqual([
      ['bytes', '\xff\0'],
      ['none', null],
      ['yes', 'true'],
      ['nan', 'NaN'],
      ['at', '5'],
      ['never', 'NaN'],
      ['list', '[1,"a"]'],
      ['big', '10'],
    ])
  })

  test('a property that JSON cannot hold becomes a row that says so', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(headers({ circle })[0]?.[1]).toMatch(/cannot be written as JSON/)
    const value = toRecord('t', 0, event({ body: circle }, { bodyType: 'value' })).value ?? []
    expect(Buffer.from(value).toString()).toMatch(/cannot be written as JSON/)
  })

  test('a body in several data sections is one; a list is JSON', () => {
    const parts = [Buffer.from('{"a":'), Buffer.from('1}')]
    expect(Buffer.from(toRecord('t', 0, event({ body: parts }, { bodyType: 'data' })).value ?? []).toString()).toBe(
      '{"a":1}',
    )
    expect(
      Buffer.from(toRecord('t', 0, event({ body: [1, 2] }, { bodyType: 'sequence' })).value ?? []).toString(),
    ).toBe('[1,2]')
  })

  test('a time that is none is none, and a key may be any type', () => {
    expect(toRecord('t', 0, event({ enqueuedTimeUtc: new Date(Number.NaN) })).timestamp).toBe(-1)
    expect(Buffer.from(toRecord('t', 0, event({ partitionKey: 7 as never })).key ?? []).toString()).toBe('7')
  })
})
