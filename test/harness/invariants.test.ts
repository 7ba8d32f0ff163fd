import { describe, expect, test } from 'vitest'

import { eachKeyOnce, eachOffsetOnce, identityClosed, type Lineage } from './invariants.js'

const rows = (...offsets: number[]): Lineage[] =>
  offsets.map(o => ({ topic: 'events', generation: 0, partition: 0, offset: BigInt(o) }))
const span = { topic: 'events', partition: 0, start: 0n, end: 4n }

describe('eachOffsetOnce', () => {
  test('holds for what is whole', () => {
    expect(eachOffsetOnce(rows(0, 1, 2, 3), [span])).toEqual([])
    expect(eachOffsetOnce(rows(0, 3), [{ ...span, absent: [1n, 2n] }])).toEqual([])
  })

  test('sees a lost offset at the end, where a count of distinct offsets would not', () => {
    expect(eachOffsetOnce(rows(0, 1, 2), [span])).toEqual(['events/0@0: 1 offsets lost: 3'])
  })

  test('sees one lost and one doubled, although the count is right', () => {
    expect(eachOffsetOnce(rows(0, 1, 1, 3), [span])).toEqual([
      'events/0@0: 1 offsets lost: 2',
      'events/0@0: 1 offsets more than once: 1 (2 times)',
    ])
  })

  test('sees a row where a hole was known', () => {
    expect(eachOffsetOnce(rows(0, 1, 2, 3), [{ ...span, absent: [2n] }])).toEqual([
      'events/0@0: 1 offsets that should not be: 2',
    ])
  })

  test('keeps generations apart', () => {
    const again = rows(0).map(r => ({ ...r, generation: 1 }))
    expect(eachOffsetOnce([...rows(0, 1, 2, 3), ...again], [span])).toEqual([
      'events/0@1: rows of a partition nobody wrote',
    ])
    expect(eachOffsetOnce([...rows(0, 1, 2, 3), ...again], [span, { ...span, generation: 1, end: 1n }])).toEqual([])
  })
})

describe('eachKeyOnce', () => {
  test('sees lost, doubled and stray keys', () => {
    expect(eachKeyOnce(['a', 'b'], new Set(['a', 'b']))).toEqual([])
    expect(eachKeyOnce(['a', 'a', 'c'], new Set(['a', 'b']))).toEqual([
      '1 keys lost: b',
      '1 keys more than once: a (2 times)',
      '1 keys that should not be: c',
    ])
  })
})

describe('identityClosed', () => {
  const accounts = {
    received: 10n,
    redelivered: 2n,
    valid: 5n,
    quarantined: 2n,
    tombstones: 1n,
    span: 12n,
    bronzeRows: 8n,
    missing: 1n,
    holes: 3n,
  }
  test('closes when everything is accounted for', () => {
    expect(identityClosed(accounts)).toEqual([])
  })
  test('does not close when a record vanished or a row was doubled', () => {
    expect(identityClosed({ ...accounts, received: 11n })).toHaveLength(1)
    expect(identityClosed({ ...accounts, bronzeRows: 9n })).toHaveLength(1)
  })
})
