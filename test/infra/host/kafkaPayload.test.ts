import { describe, expect, test } from 'vitest'

import { kafkaInput } from '../../../infra/local/host/kafkaPayload.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import { fromKafkaTrigger } from '../../../shared/sources/trigger/index.js'

const record = (fields: Partial<SourceRecord> = {}): SourceRecord => ({
  topic: 'orders',
  partition: 2,
  offset: 41n,
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 600),
  key: Buffer.from('k'),
  value: Buffer.from('{"a": 1.50}'),
  headers: [['h', Buffer.from([0, 255])]],
  ...fields,
})

const binding = (dataType: string) => ({ name: 'records', type: 'kafkaTrigger', dataType })

/** What the library makes of the wire form before a handler sees it. */
function received(dataType: string, records: readonly SourceRecord[]) {
  const { data, triggerMetadata } = kafkaInput(binding(dataType), records)
  const payload =
    data.collectionString?.string.map(text => JSON.parse(text) as unknown) ??
    data.collectionBytes?.bytes.map(b => Buffer.from(b))
  const metadata = Object.fromEntries(
    Object.entries(triggerMetadata ?? {}).map(([name, value]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      value.json === undefined
        ? (value.collectionString?.string ?? value.collectionSint64?.sint64)
        : camelCased(JSON.parse(value.json)),
    ]),
  )
  return fromKafkaTrigger(payload, metadata)
}

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k.charAt(0).toLowerCase() + k.slice(1), camelCased(v)]),
  )
}

describe.each(['string', 'binary'])('dataType %s', dataType => {
  test('what the broker has is what the function reads', () => {
    const records = [
      record(),
      record({ offset: 42n, key: null, headers: [], timestamp: Date.UTC(2026, 0, 2, 3, 4, 0) }),
      record({
        offset: 43n,
        key: Buffer.from('ключ'),
        headers: [
          ['h', null],
          ['h', Buffer.from('2')],
        ],
      }),
    ]
    expect(received(dataType, records)).toMatchObject({ records, reread: [] })
  })

  test.each([1.7e15, 1.7e18, 2 ** 63, -(2 ** 63), -62_135_596_800_001, 253_402_300_800_000])(
    'a Kafka timestamp of %d is no date and no failure: the record is read again',
    timestamp => {
      const { records, reread } = received(dataType, [record({ timestamp }), record({ offset: 42n, timestamp: -1 })])
      expect(reread).toEqual([{ partition: 2, offset: 41n }])
      expect(records.map(r => r.timestamp)).toEqual([-1])
    },
  )

  test('a key that is not UTF-8 is read again', () => {
    expect(received(dataType, [record({ key: Buffer.from([0xff]) })]).reread).toEqual([{ partition: 2, offset: 41n }])
  })
})

test('text distinguishes a tombstone from an empty value', () => {
  const { records, reread } = received('string', [record({ value: null }), record({ value: Buffer.alloc(0) })])
  expect(records.map(r => r.value?.length)).toEqual([undefined, 0])
  expect(reread).toEqual([])
})

test('binary cannot: both are read again', () => {
  expect(received('binary', [record({ value: null }), record({ value: Buffer.alloc(0) })]).reread).toHaveLength(2)
})

test('a text value that is not UTF-8 is read again', () => {
  expect(received('string', [record({ value: Buffer.from([0x7b, 0xff, 0x7d]) })]).reread).toHaveLength(1)
})

test('binary values arrive as they are, UTF-8 or not', () => {
  const value = Buffer.from([0xff, 0x00, 0xfe])
  expect(received('binary', [record({ value })]).records[0]?.value).toEqual(value)
})

describe.each(['string', 'binary'])('what no text can carry (%s)', dataType => {
  const headers = (count: number, size: number) =>
    Array.from({ length: count }, () => ['h', Buffer.alloc(size)] as const)

  test('a record that is not whole is read again, and the others of its batch are not', () => {
    const defect = { kind: 'damaged', size: 1 } as const
    const { records, reread } = received(dataType, [record({ defect }), record({ offset: 42n })])
    expect([records.map(r => r.offset), reread]).toEqual([[42n], [{ partition: 2, offset: 41n }]])
  })

  test('headers that together are more than one text are read again from there on', () => {
    const batch = [41n, 42n, 43n].map(offset => record({ offset, headers: headers(10, 4 * 2 ** 20) }))
    const { records, reread } = received(dataType, batch)
    expect([records.map(r => r.offset), reread.map(r => r.offset)]).toEqual([[41n], [42n, 43n]])
  })
})
