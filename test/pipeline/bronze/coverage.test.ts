import { describe, expect, test } from 'vitest'

import {
  type Coverage,
  missingOffsets,
  packCoverages,
  splitCoverage,
} from '../../../shared/pipeline/bronze/coverage.js'

const record = (offset: number, partition = 0) => ({
  topic: 'events',
  partition,
  offset: BigInt(offset),
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
})

/** Offsets 10 … 29: 14 and 15 missing, 20 … 22 and 29 holes, the rest records. */
const coverage: Coverage = {
  partition: 0,
  generation: 0,
  from: 10n,
  position: 30n,
  records: [10, 11, 12, 13, 16, 17, 18, 19, 23, 24, 25, 26, 27, 28].map(n => record(n)),
  missing: [{ partition: 0, start: 14n, end: 16n }],
  holes: 4n,
  received: 17,
  redelivered: 3,
  repaired: 2,
}
/** Records without bytes: bounded by their number alone. */
const rows = (most: number) => ({ rows: most, bytes: 0 })
const sum = (pieces: readonly Coverage[], of: (c: Coverage) => number | bigint) =>
  pieces.reduce((total, c) => total + Number(of(c)), 0)

describe('coverage in pieces', () => {
  test.each([1, 2, 3, 4, 5, 7, 13])(
    'of at most %i records covers the same, with nothing counted twice or lost',
    most => {
      const pieces = splitCoverage(coverage, rows(most))
      expect(pieces.flatMap(c => c.records)).toEqual(coverage.records)
      expect(Math.max(...pieces.map(c => c.records.length))).toBe(most)
      let next = coverage.from
      for (const piece of pieces) {
        expect(piece.from).toBe(next)
        for (const { offset } of piece.records) expect(offset >= piece.from && offset < piece.position).toBe(true)
        expect(piece.received).toBe(piece.redelivered + piece.records.length)
        next = piece.position
      }
      expect(next).toBe(coverage.position)
      expect([sum(pieces, missingOffsets), sum(pieces, c => c.holes)]).toEqual([2, 4])
      expect([sum(pieces, c => c.received), sum(pieces, c => c.redelivered), sum(pieces, c => c.repaired)]).toEqual([
        17, 3, 2,
      ])
    },
  )

  test('in pieces has the holes that its reader counted, also where they are not what is left beside the records', () => {
    for (const holes of [0n, 3n, 5n])
      expect(sum(splitCoverage({ ...coverage, holes }, rows(4)), c => c.holes)).toBe(Number(holes))
  })

  test('that fits is left as it is', () => {
    expect(splitCoverage(coverage, rows(14))).toEqual([coverage])
  })

  test('goes into commits of at most so many records, each partition in order', () => {
    const other: Coverage = {
      ...coverage,
      partition: 1,
      from: 0n,
      position: 3n,
      records: [0, 1, 2].map(n => record(n, 1)),
      missing: [],
      received: 3,
      redelivered: 0,
      repaired: 0,
    }
    const groups = packCoverages([coverage, other], rows(10))
    expect(groups.map(group => sum(group, c => c.records.length))).toEqual([10, 7])
    expect(groups.flat().map(c => [c.partition, c.from])).toEqual([
      [0, 10n],
      [0, 25n],
      [1, 0n],
    ])
  })

  test.each([
    [100, [3, 1, 1, 1]],
    [300, [4, 1, 1]],
    [1, [1, 1, 1, 1, 1, 1]],
  ])('of at most %i bytes, a larger record by itself', (bytes, expected) => {
    const sized = [30, 30, 40, 200, 900, 1].map((size, n) => ({ ...record(n), value: new Uint8Array(size) }))
    const whole: Coverage = {
      ...coverage,
      from: 0n,
      position: 6n,
      records: sized,
      missing: [],
      holes: 0n,
      received: 6,
      redelivered: 0,
      repaired: 0,
    }
    const pieces = splitCoverage(whole, { rows: 100, bytes })
    expect(pieces.map(piece => piece.records.length)).toEqual(expected)
    expect(pieces.flatMap(piece => piece.records)).toEqual(sized)
    expect(packCoverages([whole], { rows: 100, bytes })).toEqual(pieces.map(piece => [piece]))
  })

  test('headers count, and two partitions that fit each do not go together where both are too much', () => {
    const heavy = (partition: number): Coverage => ({
      ...coverage,
      partition,
      from: 0n,
      position: 1n,
      records: [{ ...record(0, partition), headers: [['h', new Uint8Array(59)]] }],
      missing: [],
      holes: 0n,
    })
    expect(packCoverages([heavy(0), heavy(1)], { rows: 10, bytes: 100 })).toHaveLength(2)
    expect(packCoverages([heavy(0), heavy(1)], { rows: 10, bytes: 120 })).toHaveLength(1)
  })

  test('without records, such as a trailing marker, still is a commit', () => {
    expect(
      packCoverages([{ ...coverage, records: [], missing: [], received: 0, redelivered: 0, repaired: 0 }], rows(10)),
    ).toHaveLength(1)
  })
})
