import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { parseRecords } from '../../../shared/cli/input/recordFile.js'
import { events } from '../../harness/sampleStream/events.js'

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
const one = (line: string) => {
  const [record] = parseRecords(line, events)
  if (record === undefined) throw new Error('no record')
  return { ...record, key: text(record.key), value: text(record.value) }
}

describe('records of a file', () => {
  test('an event in a line is sent as it is written, keyed by the key of its stream', () => {
    const line = '{"event_id": "9", "value": 1.50, "big": 12345678901234567890}'
    expect(one(line)).toMatchObject({ key: '9', value: line })
  })

  test('a long number in an array keeps its digits', () => {
    expect(one('[{"event_id":"9","big":12345678901234567890}]').value).toBe(
      '{"event_id":"9","big":12345678901234567890}',
    )
  })

  test('an event that has only fields named as a record has them is still an event', () => {
    const line = '{"timestamp":"2025-04-01T00:00:00Z","value":"1"}'
    expect(one(line)).toMatchObject({ key: null, value: line })
  })

  test('a record brings its own key, headers, time and partition', () => {
    const record = one(
      '{"key":"k","value":{"event_id":"1"},"headers":{"a":"b"},"timestamp":"2025-04-01T00:00:00Z","partition":2}',
    )
    expect(record).toMatchObject({ key: 'k', value: '{"event_id":"1"}', timestamp: Date.UTC(2025, 3, 1), partition: 2 })
    expect(record.headers?.map(([name, value]) => [name, text(value)])).toEqual([['a', 'b']])
  })

  test("a time without a zone is UTC, whatever the machine's zone", () => {
    expect(one('{"key":"k","value":"","timestamp":"2025-04-01 00:00:00"}').timestamp).toBe(Date.UTC(2025, 3, 1))
  })

  test('half of a surrogate pair is refused where it would be sent as another text, and goes out with an event as it stands', () => {
    for (const line of [
      '{"key":"\\ud800","value":{}}',
      '{"key":"k","value":"\\udfff"}',
      '{"value":{},"headers":{"\\ud800":"b"}}',
      '{"value":{},"headers":{"a":"\\ud800"}}',
    ]) {
      expect(() => one(line), line).toThrow(/line 1: \w+ .*surrogate|line 1: header.*surrogate/)
    }
    const line = '{"event_id":"\\ud800"}'
    expect(one(line)).toMatchObject({ key: '\ufffd', value: line })
  })

  test('headers of any name are sent', () => {
    const record = one('{"value":{},"headers":{"__proto__":"a","constructor":"b"}}')
    expect(record.headers?.map(([name, value]) => [name, text(value)])).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  test('a tombstone is null, an empty value is not, broken text goes out as it stands', () => {
    expect(one('{"key":"k","value":null}').value).toBeNull()
    expect(one('{"key":"k","value":""}').value).toBe('')
    expect(one('{"key":null,"value":"{not json"}').value).toBe('{not json')
  })

  test('repeated headers stay, in their order', () => {
    const record = one('{"key":null,"value":"","headers":[["a","1"],["a",null]]}')
    expect(record.headers?.map(([name, value]) => [name, text(value)])).toEqual([
      ['a', '1'],
      ['a', null],
    ])
  })

  test.each([
    ['{"event_id":"1"}\n\n{"event_id"', /line 3 is not JSON/],
    ['[{"key":"k","value":"","partition":-1}]', /record 1: partition -1/],
    ['{"key":"k","value":"","timestamp":"soon"}', /line 1: timestamp "soon"/],
    ['{"key":"k","value":"","timestamp":"Apr 1, 2025"}', /line 1: timestamp "Apr 1, 2025" is neither/],
  ])('what is wrong is named by its place', (content, message) => {
    expect(() => parseRecords(content, events)).toThrow(message)
  })
})

test('the sample that ships has a duplicate, a late event, broken ones and a tombstone', () => {
  const sample = readFileSync(join(import.meta.dirname, '../../../shared/streams/synthetic_data_sample.json'), 'utf8')
  const records = parseRecords(sample, events)
  const values = records.map(record => record.value)
  expect(values.filter(value => value === null)).toHaveLength(1)
  const parsed = values.flatMap(value => (value === null ? [] : [events.parse(value, Date.UTC(2025, 3, 1, 18))]))
  const ids = parsed.flatMap(outcome => (outcome.valid ? [outcome.row['event_id']] : []))
  expect(parsed.flatMap(outcome => (outcome.valid ? [] : [outcome.rejection.code])).sort()).toEqual([
    'FIELD_VALUE',
    'NOT_JSON',
  ])
  expect(ids.length - new Set(ids).size).toBe(1)
  expect(parsed[0]).toMatchObject({ valid: true, row: { event_id: '997', event_type: 'click', value: 1984 } })
  const times = parsed.flatMap(outcome => (outcome.valid ? [outcome.row['timestamp'] as bigint] : []))
  const day = 86_400_000_000n
  expect(
    times.filter(
      time => time < BigInt(Date.UTC(2025, 3, 1)) * 1000n && time > BigInt(Date.UTC(2025, 3, 1)) * 1000n - day,
    ),
  ).toHaveLength(1)
})
