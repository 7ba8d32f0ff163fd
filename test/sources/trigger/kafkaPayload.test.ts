import { describe, expect, test } from 'vitest'

import { fromKafkaTrigger } from '../../../shared/sources/trigger/kafkaPayload.js'

const utf8 = (text: string) => Buffer.from(text, 'utf8')

const envelope = (fields: Record<string, unknown> = {}) => ({
  Offset: 41,
  Partition: 3,
  Topic: 'orders',
  Timestamp: '2026-01-02T03:04:05.678Z',
  Value: '{"big":9007199254740993}',
  LeaderEpoch: null,
  IsPartitionEOF: false,
  Key: 'k',
  Headers: [],
  ...fields,
})

/** What the metadata of a batch of binary values looks like; one entry a record. */
const metadata = (records: readonly Record<string, unknown>[]) => {
  const column = (name: string, absent: unknown) => records.map(r => (name in r ? r[name] : absent))
  return {
    partitionArray: column('partition', 0),
    offsetArray: column('offset', 5),
    timestampArray: column('timestamp', '2026-01-02T03:04:05Z'),
    topicArray: column('topic', 'orders'),
    keyArray: column('key', null),
    headersArray: column('headers', []),
  }
}

describe('a timestamp that a .NET date cannot hold', () => {
  const odd = [
    '0001-01-01T00:00:00',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.9999999Z',
    '+055840-01-01T00:00:00Z',
    null,
    undefined,
    'x',
  ]

  test.each(odd)('%s is read again from the source, and the others of its batch are not', Timestamp => {
    const { records, reread } = fromKafkaTrigger([
      envelope({ Timestamp }),
      envelope({ Offset: 42, Timestamp: '1969-12-31T23:59:59.999Z' }),
    ])
    expect(reread).toEqual([{ partition: 3, offset: 41n }])
    expect(records.map(r => [r.offset, r.timestamp])).toEqual([[42n, -1]])
  })

  test.each(odd)('%s in binary form, too', timestamp => {
    const { records, reread } = fromKafkaTrigger([utf8('a'), utf8('b')], metadata([{ timestamp }, { offset: 6 }]))
    expect(reread).toEqual([{ partition: 0, offset: 5n }])
    expect(records.map(r => r.offset)).toEqual([6n])
  })
})

describe('text envelopes', () => {
  test('a record arrives whole, its value as the bytes that were sent', () => {
    const headers = [
      { Key: 'h', Value: 'AAH/' },
      { Key: 'h', Value: null },
    ]
    const { records, reread } = fromKafkaTrigger([envelope({ Headers: headers })])
    expect(records).toEqual([
      {
        topic: 'orders',
        partition: 3,
        offset: 41n,
        timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
        key: utf8('k'),
        value: utf8('{"big":9007199254740993}'),
        headers: [
          ['h', Buffer.from([0, 1, 255])],
          ['h', null],
        ],
      },
    ])
    expect(reread).toEqual([])
  })

  test('a tombstone, an empty value, no key and an empty key are four different things', () => {
    const { records } = fromKafkaTrigger([envelope({ Value: null, Key: null }), envelope({ Value: '', Key: '' })])
    expect(records.map(r => [r.value, r.key])).toEqual([
      [null, null],
      [utf8(''), utf8('')],
    ])
  })

  test('a value, a key or a header name that a decoder may have changed is read again', () => {
    const { records, reread } = fromKafkaTrigger([
      envelope({ Offset: 1, Value: 'caf\uFFFD' }),
      envelope({ Offset: 2, Key: '\uFFFD' }),
      envelope({ Offset: 3, Headers: [{ Key: 'a\uFFFD', Value: 'AA==' }] }),
      envelope({ Offset: 4, Value: 'café €' }),
    ])
    expect(records.map(r => r.offset)).toEqual([4n])
    expect(reread).toEqual([1n, 2n, 3n].map(offset => ({ partition: 3, offset })))
  })

  test('offsets as text and headers that are absent are understood', () => {
    const { records } = fromKafkaTrigger([envelope({ Offset: '9007199254740993', Headers: null })])
    expect(records[0]?.offset).toBe(9_007_199_254_740_993n)
    expect(records[0]?.headers).toEqual([])
  })

  test('an offset that JSON rounded stops the batch instead of naming another record', () => {
    expect(() => fromKafkaTrigger([envelope({ Offset: 2 ** 60 })])).toThrow(
      expect.objectContaining({ code: 'TRIGGER_OFFSET' }),
    )
  })

  test('cardinality one hands over the envelope itself', () => {
    expect(fromKafkaTrigger(envelope()).records).toHaveLength(1)
  })

  test('partitions stay mixed, in the order they came', () => {
    const batch = [
      envelope({ Partition: 1, Offset: 7 }),
      envelope({ Partition: 0, Offset: 2 }),
      envelope({ Partition: 1, Offset: 8 }),
    ]
    expect(fromKafkaTrigger(batch).records.map(r => [r.partition, r.offset])).toEqual([
      [1, 7n],
      [0, 2n],
      [1, 8n],
    ])
  })

  test('no records is an empty batch', () => {
    expect(fromKafkaTrigger([])).toMatchObject({ records: [], reread: [] })
  })

  test.each([
    ['a schema registry replaces the envelope by the record', { id: 1 }],
    ['text that is not JSON', 'plain'],
    ['nothing', null],
    ['a value that was parsed already', envelope({ Value: { id: 1 } })],
  ])('%s: an error that names the remedy', (_, item) => {
    expect(() => fromKafkaTrigger([item])).toThrow(/dataType/)
  })
})

describe('binary values', () => {
  test('bytes arrive as they were, the rest from the metadata', () => {
    const value = Buffer.from([0xff, 0xfe, 0x00])
    const { records, reread } = fromKafkaTrigger(
      [value],
      metadata([{ partition: 2, offset: 9, key: 'é', headers: [{ key: 'H', value: 'AAH/' }] }]),
    )
    expect(records).toEqual([
      {
        topic: 'orders',
        partition: 2,
        offset: 9n,
        timestamp: Date.UTC(2026, 0, 2, 3, 4, 5),
        key: utf8('é'),
        value,
        headers: [['H', Buffer.from([0, 1, 255])]],
      },
    ])
    expect(reread).toEqual([])
  })

  test('an empty value is read again, since a tombstone looks the same', () => {
    const { records, reread } = fromKafkaTrigger(
      [Buffer.alloc(0), Buffer.from('x')],
      metadata([{ offset: 5 }, { offset: 6 }]),
    )
    expect(records.map(r => r.offset)).toEqual([6n])
    expect(reread).toEqual([{ partition: 0, offset: 5n }])
  })

  test('a key that is not UTF-8 is read again', () => {
    const { reread } = fromKafkaTrigger([Buffer.from('x')], metadata([{ key: 'k\uFFFD' }]))
    expect(reread).toEqual([{ partition: 0, offset: 5n }])
  })

  test('offsets that a worker took apart are put together', () => {
    const { records } = fromKafkaTrigger(
      [Buffer.from('x')],
      metadata([{ offset: { low: 0, high: 1, unsigned: false } }]),
    )
    expect(records[0]?.offset).toBe(4_294_967_296n)
  })

  test('a single record has its metadata without arrays', () => {
    const single = { partition: 1, offset: 4, topic: 'orders', timestamp: '2026-01-02T03:04:05Z', headers: [] }
    expect(fromKafkaTrigger(Buffer.from('x'), single).records).toMatchObject([{ partition: 1, offset: 4n, key: null }])
  })

  test('metadata of another length than the values is an error, not a shifted offset', () => {
    expect(() => fromKafkaTrigger([Buffer.from('x'), Buffer.from('y')], metadata([{}]))).toThrow(
      /not as many of offset/,
    )
  })
})
