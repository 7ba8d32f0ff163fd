import { describe, expect, test } from 'vitest'

import { planDelivery } from '../../../shared/pipeline/bronze/delivery.js'
import type { SourceRecord } from '../../../shared/sources/index.js'

const record = (offset: number, partition = 0): SourceRecord => ({
  topic: 'events',
  partition,
  offset: BigInt(offset),
  timestamp: 1_700_000_000_000 + offset,
  key: null,
  value: Buffer.from(`{"n":${offset}}`),
  headers: [],
})

const plan = (offsets: number[], expected: number, reread: number[] = []) => {
  const [part] = planDelivery(
    { records: offsets.map(o => record(o)), reread: reread.map(o => ({ partition: 0, offset: BigInt(o) })) },
    new Map([[0, BigInt(expected)]]),
  )
  if (part === undefined) throw new Error('no plan')
  return part
}

describe('planDelivery', () => {
  test('a delivery that follows on has no gap', () => {
    const part = plan([5, 6, 7], 5)
    expect(part.records.map(r => r.offset)).toEqual([5n, 6n, 7n])
    expect(part).toMatchObject({ position: 8n, gap: undefined, received: 3, redelivered: 0 })
  })

  test('redelivered records are dropped, with other batch boundaries than before', () => {
    const part = plan([3, 4, 5, 6], 5)
    expect(part.records.map(r => r.offset)).toEqual([5n, 6n])
    expect(part).toMatchObject({ received: 4, redelivered: 2, gap: undefined, position: 7n })
  })

  test('a delivery that was covered before leaves nothing to do', () => {
    const part = plan([1, 2], 10)
    expect(part).toMatchObject({ received: 2, redelivered: 2, gap: undefined, position: 0n })
    expect(part.records).toEqual([])
  })

  test('offsets between the covered one and the batch are a gap', () => {
    expect(plan([8, 9], 5).gap).toEqual({ partition: 0, start: 5n, end: 8n })
  })

  test('gaps inside the batch are enclosed by one range, so that one read repairs them all', () => {
    expect(plan([5, 7, 8, 11, 12], 5).gap).toEqual({ partition: 0, start: 6n, end: 11n })
  })

  test('one offset delivered twice is one record', () => {
    const part = plan([5, 6, 5, 6, 7], 5)
    expect(part.records.map(r => r.offset)).toEqual([5n, 6n, 7n])
    expect(part).toMatchObject({ received: 5, redelivered: 2 })
  })

  test('records out of order are put in order before gaps are looked for', () => {
    const part = plan([7, 5, 6], 5)
    expect(part.records.map(r => r.offset)).toEqual([5n, 6n, 7n])
    expect(part.gap).toBeUndefined()
  })

  test('an offset whose bytes were not kept is read again although it was delivered', () => {
    const part = plan([5, 7], 5, [6])
    expect(part.gap).toEqual({ partition: 0, start: 6n, end: 7n })
    expect(part).toMatchObject({ position: 8n, received: 3, redelivered: 0 })
  })

  test('a last offset whose bytes were not kept still moves the position', () => {
    const part = plan([5], 5, [6])
    expect(part.gap).toEqual({ partition: 0, start: 6n, end: 7n })
    expect(part.position).toBe(7n)
  })

  test('offsets left out before one whose bytes were not kept are read with it', () => {
    expect(plan([5], 5, [8]).gap).toEqual({ partition: 0, start: 6n, end: 9n })
    expect(plan([], 5, [8]).gap).toEqual({ partition: 0, start: 5n, end: 9n })
    expect(plan([5, 10], 5, [12, 7]).gap).toEqual({ partition: 0, start: 6n, end: 13n })
  })

  test('an inexact record that was covered before is a redelivery', () => {
    expect(plan([5], 5, [3])).toMatchObject({ received: 2, redelivered: 1, gap: undefined })
  })

  test('an offset delivered both exactly and inexactly is one record', () => {
    const part = plan([5, 6], 5, [6])
    expect(part.records.map(r => r.offset)).toEqual([5n])
    expect(part).toMatchObject({ received: 3, redelivered: 1, position: 7n })
  })

  test('partitions are planned apart', () => {
    const parts = planDelivery(
      { records: [record(5, 0), record(100, 1), record(6, 0)], reread: [] },
      new Map([
        [0, 5n],
        [1, 90n],
      ]),
    )
    expect(parts.map(p => [p.partition, p.gap?.start, p.records.length])).toEqual([
      [0, undefined, 2],
      [1, 90n, 1],
    ])
  })

  test('offsets beyond 2^53 keep every digit', () => {
    const at = 9_007_199_254_740_993n
    const [part] = planDelivery({ records: [{ ...record(0), offset: at }], reread: [] }, new Map([[0, at]]))
    expect(part?.position).toBe(at + 1n)
  })
})
