import { expect, test } from 'vitest'

import { recordContexts } from '../../../shared/pipeline/bronze/recordContexts.js'
import type { Header, SourceRecord } from '../../../shared/sources/index.js'

const id = (n: number) => (n + 1).toString(16).padStart(32, '0')
const traceparent = (n: number): Header => ['traceparent', Buffer.from(`00-${id(n)}-00f067aa0ba902b7-01`)]

function record(n: number, headers: readonly Header[]): SourceRecord {
  return { topic: 't', partition: 0, offset: BigInt(n), timestamp: 0, key: null, value: null, headers }
}

const records = (count: number, headers: (n: number) => readonly Header[]) =>
  Array.from({ length: count }, (_, n) => record(n, headers(n)))

const traces = (...parts: (readonly SourceRecord[])[]) =>
  recordContexts(parts.map(one => ({ records: one }))).map(({ traceId }) => Number.parseInt(traceId, 16) - 1)

test('each span once, of all partitions', () => {
  expect(
    traces(
      records(3, () => [traceparent(7)]),
      [],
      records(2, n => [traceparent(n)]),
    ),
  ).toEqual([7, 0, 1])
})

test('of a large commit a bounded number, from its beginning to its end', () => {
  const found = traces(
    records(60_000, n => [traceparent(n)]),
    records(40_000, n => [traceparent(60_000 + n)]),
  )
  expect(found).toHaveLength(32)
  expect(found[0]).toBe(0)
  expect(found.at(-1)).toBeGreaterThan(95_000)
  expect(new Set(found.slice(1).map((n, i) => Math.round((n - (found[i] ?? 0)) / 500))).size).toBeLessThan(3)
})

test('of many partitions with a record each no more are looked at than of one with many', () => {
  let looks = 0
  const one = (n: number): SourceRecord => ({
    ...record(n, []),
    get headers() {
      looks++
      return [traceparent(n)]
    },
  })
  expect(traces(...Array.from({ length: 3000 }, (_, n) => [one(n)]))).toHaveLength(32)
  expect(looks).toBeLessThanOrEqual(64)
})

test('headers that are no traceparent are passed over, however they are', () => {
  const odd: readonly Header[] = [
    ['traceparent', null],
    ['traceparent', Buffer.alloc(0)],
    ['traceparent', Buffer.alloc(1 << 20, 0x30)],
    ['traceparent', Buffer.from([0xff, 0xfe, 0])],
    ['TRACEPARENT', Buffer.from('x')],
    ['tracestate', Buffer.from('a=b')],
  ]
  expect(traces(records(1, () => odd))).toEqual([])
  expect(traces(records(1, () => [...odd, traceparent(5)]))).toEqual([5])
})

test('a header that is a part of a larger buffer is read as that part', () => {
  const whole = Buffer.concat([Buffer.from('xxxx'), traceparent(9)[1] ?? Buffer.alloc(0), Buffer.from('yyyy')])
  const part = new Uint8Array(whole.buffer, whole.byteOffset + 4, 55)
  expect(traces(records(1, () => [['traceparent', part]]))).toEqual([9])
})
