import { describe, expect, test } from 'vitest'

import { fromEventHubTrigger } from '../../../shared/sources/trigger/eventHubPayload.js'

const metadata = (fields: Record<string, unknown> = {}) => ({
  partitionContext: { partitionId: '3' },
  sequenceNumberArray: [7],
  enqueuedTimeUtcArray: ['2026-01-02T03:04:05.678Z'],
  partitionKeyArray: ['k'],
  propertiesArray: [{}],
  ...fields,
})

describe('fromEventHubTrigger', () => {
  test('an event is the record that the source would read', () => {
    const value = Buffer.from('{"n": 9007199254740993}')
    expect(fromEventHubTrigger('hub', [value], metadata())).toEqual({
      records: [
        {
          topic: 'hub',
          partition: 3,
          offset: 7n,
          timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
          key: Buffer.from('k'),
          value,
          headers: [],
        },
      ],
      reread: [],
    })
  })

  test('an event with properties is read again, since the case of their names is lost on the way', () => {
    const { reread } = fromEventHubTrigger('hub', [Buffer.from('x')], metadata({ propertiesArray: [{ type: 'a' }] }))
    expect(reread).toEqual([{ partition: 3, offset: 7n }])
  })

  test('an empty body is read again', () => {
    expect(fromEventHubTrigger('hub', [Buffer.alloc(0)], metadata()).reread).toHaveLength(1)
  })

  test.each([
    ['a time that is none', { enqueuedTimeUtcArray: ['soon'] }],
    ['no times', { enqueuedTimeUtcArray: null }],
    ['properties that did not come', { propertiesArray: undefined }],
    ['properties of other events', { propertiesArray: [{}, {}] }],
    ['a key that is no text', { partitionKeyArray: [7] }],
    ['keys that did not come', { partitionKeyArray: undefined }],
    ['a key that a decoder changed', { partitionKeyArray: ['a\uFFFD'] }],
    ['properties that are no object', { propertiesArray: [[1]] }],
  ])('an event with %s is read again, and stops nothing', (_, fields) => {
    expect(fromEventHubTrigger('hub', [Buffer.from('x')], metadata(fields))).toEqual({
      records: [],
      reread: [{ partition: 3, offset: 7n }],
    })
  })

  test('sequence numbers that a worker took apart are put together', () => {
    const numbers = [{ low: 5, high: 1, unsigned: false }]
    expect(
      fromEventHubTrigger('hub', [Buffer.from('x')], metadata({ sequenceNumberArray: numbers })).records[0]?.offset,
    ).toBe(4_294_967_301n)
  })

  test('no partition key is no key', () => {
    expect(
      fromEventHubTrigger('hub', [Buffer.from('x')], metadata({ partitionKeyArray: [null] })).records[0]?.key,
    ).toBeNull()
  })

  test.each([
    ['an event that was parsed', [{ a: 1 }], {}, /dataType 'binary'/],
    ['no partition', [Buffer.from('x')], { partitionContext: null }, /which partition/],
    [
      'numbers for other events',
      [Buffer.from('x'), Buffer.from('y')],
      {},
      /not as many entries of sequenceNumberArray/,
    ],
  ])('%s is an error', (_, payload, fields, message) => {
    expect(() => fromEventHubTrigger('hub', payload, metadata(fields))).toThrow(message)
  })
})
