import { describe, expect, test } from 'vitest'

import { dueWindows } from '../../../shared/pipeline/gold/dueWindows.js'

const window = (start: number, events: number, missing: number) => ({ start: BigInt(start), events, missing })
const starts = (due: ReadonlySet<bigint>) => [...due].map(Number).toSorted((a, b) => a - b)

describe('windows that are computed now', () => {
  test('are all of them, as long as they have few rows', () => {
    const changed = [window(0, 400, 1), window(1, 300, 1), window(2, 300, 300)]
    expect(starts(dueWindows(changed, { rows: 1_000, turn: 0 }))).toEqual([0, 1, 2])
  })

  test('are those that miss a sixteenth of their events, however many rows they have', () => {
    const changed = [window(0, 1_600, 100), window(1, 1_600, 99), window(2, 1_601, 100), window(3, 5, 5)]
    for (let turn = 0; turn < 20; turn++) {
      const due = dueWindows(changed, { rows: 0, turn })
      expect(due.has(0n) && due.has(3n), `turn ${turn}`).toBe(true)
      expect(due.size, `turn ${turn}`).toBe(3)
    }
  })

  test('are bounded by the rows that must be read for them, however many windows have late events', () => {
    const changed = Array.from({ length: 2_000 }, (_, i) => window(i * 300_000_000, 1_000, 1))
    for (let turn = 0; turn < 20; turn++) expect(dueWindows(changed, { rows: 5_500, turn }).size).toBe(5)
  })

  test('are never none: a window of more rows than the bound is not left for ever', () => {
    expect(starts(dueWindows([window(7, 1_000_000, 1)], { rows: 10, turn: 3 }))).toEqual([7])
  })

  test('come to each of them in turn, though all gain rows all the time', () => {
    const changed = Array.from({ length: 100 }, (_, i) => window(i * 300_000_000, 1_000, 1))
    const seen = new Set<bigint>()
    for (let turn = 0; turn < 300; turn++)
      for (const start of dueWindows(changed, { rows: 5_000, turn })) seen.add(start)
    expect(seen.size).toBe(100)
  })

  test('are the same when a run is repeated', () => {
    const changed = Array.from({ length: 100 }, (_, i) => window(i, 1_000, 1))
    expect(dueWindows(changed, { rows: 5_000, turn: 9 })).toEqual(dueWindows(changed, { rows: 5_000, turn: 9 }))
  })
})
