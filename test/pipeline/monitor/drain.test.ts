import { describe, expect, test } from 'vitest'

import {
  compareLag,
  decodeMarks,
  encodeMarks,
  type Marks,
  type PartitionLag,
} from '../../../shared/pipeline/monitor/drain.js'

const limits = { lagMs: 30_000, transactionMs: 600_000 }
const at = (next: number, end: number, highWatermark?: number): PartitionLag => ({
  partition: 0,
  next: BigInt(next),
  end: BigInt(end),
  highWatermark: highWatermark === undefined ? undefined : BigInt(highWatermark),
})

/** Looks ten seconds apart; how many partitions do not drain at each, through the JSON that a commit holds. */
function looks(...lags: readonly PartitionLag[]): readonly number[] {
  let marks: Marks = new Map()
  return lags.map((lag, i) => {
    const drain = compareLag(marks, [lag], i * 10_000, limits)
    marks = decodeMarks(JSON.parse(JSON.stringify(encodeMarks(drain.marks))))
    return drain.undrained.length
  })
}

describe('a lag', () => {
  test('that stands still does not drain, as soon as it has waited for long enough', () => {
    expect(looks(at(10, 30), at(10, 30), at(10, 30), at(10, 30), at(10, 30))).toEqual([0, 0, 0, 1, 1])
  })

  test('that grows although rows come does not drain', () => {
    expect(looks(at(10, 30), at(12, 40), at(14, 50), at(16, 60))).toEqual([0, 0, 0, 1])
  })

  test('that grows smaller drains, however slowly', () => {
    expect(looks(at(10, 30), at(10, 30), at(11, 30), at(11, 30), at(11, 30))).toEqual([0, 0, 0, 0, 0])
  })

  test('of which all that waited is covered has started again, however much waits now', () => {
    expect(looks(at(10, 30), at(20, 40), at(29, 50), at(30, 90), at(40, 95), at(50, 96))).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('of a partition that begins again is another one', () => {
    expect(looks(at(100, 130), at(100, 130), at(100, 130), at(0, 130))).toEqual([0, 0, 0, 0])
  })

  test('that is none waits for nothing', () => {
    expect(compareLag(new Map(), [at(30, 30), at(31, 30)], 0, limits)).toEqual({
      marks: new Map(),
      undrained: [],
      held: [],
      heldLong: false,
    })
  })
})

describe('what lies behind a transaction', () => {
  const held = (marks: Marks, end: number, now: number) => compareLag(marks, [at(end, end, 90)], now, limits)

  test('is held for long when the end has stood still for so long, and not when it moved', () => {
    const { marks, heldLong } = held(new Map(), 30, 0)
    expect(heldLong).toBe(false)
    expect(held(marks, 30, 599_999).heldLong).toBe(false)
    expect(held(marks, 30, 600_000).heldLong).toBe(true)
    expect(held(marks, 31, 600_000).heldLong).toBe(false)
  })
})
