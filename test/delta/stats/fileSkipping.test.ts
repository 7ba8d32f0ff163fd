import { describe, expect, test } from 'vitest'

import { FileSkipper } from '../../../shared/delta/stats/fileSkipping.js'
import type { Match, Predicate } from '../../../shared/delta/stats/predicate.js'
import { encodeStats } from '../../../shared/delta/stats/stats.js'
import { collectStats } from '../../../shared/delta/stats/statsCollector.js'
import { planStats, type StatsShape } from '../../../shared/delta/stats/statsColumns.js'
import type { Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const shape: StatsShape = {
  schema: {
    type: 'struct',
    fields: [
      { name: 'p', type: 'date', nullable: true },
      { name: 'n', type: 'double', nullable: true },
      { name: 'i', type: 'integer', nullable: true },
      { name: 's', type: 'string', nullable: true },
      { name: 't', type: 'timestamp', nullable: true },
      { name: 'o', type: { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true }] }, nullable: true },
    ],
  },
  partitionColumns: ['p'],
  configuration: { 'delta.dataSkippingStringPrefixLength': '2' },
}
const skipper = new FileSkipper(shape)
const file = (stats?: string, p: string | null = '2025-01-01') => ({ partitionValues: { p }, stats })
const bounds = (column: string, min: string, max: string, nulls = 0, more = '') =>
  file(
    `{"numRecords":10,"minValues":{"${column}":${min}},"maxValues":{"${column}":${max}},"nullCount":{"${column}":${nulls}}${more}}`,
  )
const not = (of: Predicate): Predicate => ({ op: 'not', of })

describe('files that a predicate cannot touch', () => {
  test.each<[Predicate, Match]>([
    [{ op: '=', column: 'i', value: 0 }, 'no'],
    [{ op: '=', column: 'i', value: 1 }, 'maybe'],
    [{ op: '<', column: 'i', value: 1 }, 'no'],
    [{ op: '<', column: 'i', value: 6 }, 'all'],
    [{ op: '<=', column: 'i', value: 5 }, 'all'],
    [{ op: '>', column: 'i', value: 5 }, 'no'],
    [{ op: '>=', column: 'i', value: 1 }, 'all'],
    [{ op: 'in', column: 'i', values: [0, 6] }, 'no'],
    [{ op: 'in', column: 'i', values: [0, 3] }, 'maybe'],
    [{ op: 'in', column: 'i', values: [] }, 'no'],
    [{ op: '=', column: 'i', value: null }, 'no'],
    [{ op: 'isNull', column: 'i' }, 'no'],
    [{ op: 'isNotNull', column: 'i' }, 'all'],
    [not({ op: '=', column: 'i', value: 9 }), 'all'],
    [not({ op: '<', column: 'i', value: 6 }), 'no'],
  ])('%j of a file with values from 1 to 5: %s', (predicate, match) => {
    expect(skipper.match(bounds('i', '1', '5'), predicate)).toBe(match)
  })

  test.each<[Predicate, Match]>([
    [{ op: '=', column: 'n', value: 6 }, 'no'],
    [{ op: '=', column: 'n', value: NaN }, 'maybe'],
    [{ op: 'in', column: 'n', values: [0, 6] }, 'no'],
    [{ op: '<', column: 'n', value: 1 }, 'no'],
    [{ op: '<=', column: 'n', value: 5 }, 'maybe'],
    [{ op: '>', column: 'n', value: 5 }, 'maybe'],
    [{ op: '>=', column: 'n', value: 6 }, 'maybe'],
    [{ op: '>', column: 'n', value: 0 }, 'all'],
    [not({ op: '=', column: 'n', value: 9 }), 'all'],
    [not({ op: '<', column: 'n', value: 6 }), 'maybe'],
    [
      {
        op: 'and',
        of: [
          { op: '>=', column: 'n', value: 6 },
          { op: '<=', column: 'n', value: 9 },
        ],
      },
      'no',
    ],
    [
      {
        op: 'and',
        of: [
          { op: '>=', column: 'n', value: 6 },
          { op: '<=', column: 'n', value: NaN },
        ],
      },
      'maybe',
    ],
    [
      {
        op: 'and',
        of: [
          { op: '>=', column: 'n', value: 6 },
          { op: '<=', column: 'i', value: 9 },
        ],
      },
      'maybe',
    ],
    [
      {
        op: 'and',
        of: [
          { op: '>', column: 'n', value: 6 },
          { op: 'isNotNull', column: 'n' },
        ],
      },
      'maybe',
    ],
  ])('%j of a file with values from 1 to 5, of which some may be NaN without a word: %s', (predicate, match) => {
    expect(skipper.match(bounds('n', '1.0', '5.0'), predicate)).toBe(match)
  })

  test('a file without statistics, or with broken ones, is kept', () => {
    const predicate: Predicate = { op: '=', column: 'n', value: 1 }
    expect(skipper.match(file(), predicate)).toBe('maybe')
    expect(skipper.match(file('{"numRecords":'), predicate)).toBe('maybe')
    expect(skipper.match(file('{"numRecords":1}'), predicate)).toBe('maybe')
    expect(skipper.match(file('{"numRecords":1,"minValues":{"n":"x"}}'), predicate)).toBe('maybe')
  })

  test('nulls keep a comparison from being true for all rows, and its negation too', () => {
    const some = bounds('i', '1', '1', 3)
    expect(skipper.match(some, { op: '=', column: 'i', value: 1 })).toBe('maybe')
    expect(skipper.match(some, not({ op: '=', column: 'i', value: 1 }))).toBe('no')
    const nulls = file('{"numRecords":10,"nullCount":{"n":10}}')
    expect(skipper.match(nulls, { op: '>', column: 'n', value: 0 })).toBe('no')
    expect(skipper.match(nulls, not({ op: '>', column: 'n', value: 0 }))).toBe('no')
    expect(skipper.match(nulls, { op: 'isNull', column: 'n' })).toBe('all')
  })

  test('a count of nulls under wide bounds says nothing unless it is none or all', () => {
    expect(skipper.match(bounds('n', '1.0', '2.0', 9, ',"tightBounds":false'), { op: 'isNotNull', column: 'n' })).toBe(
      'maybe',
    )
    expect(skipper.match(bounds('n', '1.0', '2.0', 0, ',"tightBounds":false'), { op: 'isNull', column: 'n' })).toBe(
      'no',
    )
  })

  test('a time just past the greatest in the statistics may be in the file: they are cut to milliseconds', () => {
    const times = bounds('t', '"1970-01-01T00:00:00.000Z"', '"1970-01-01T00:00:00.005Z"')
    expect(skipper.match(times, { op: '=', column: 't', value: 5_999n })).toBe('maybe')
    expect(skipper.match(times, { op: '=', column: 't', value: 6_001n })).toBe('no')
  })

  test('strings are compared by code points: an emoji is above U+FFFF', () => {
    expect(skipper.match(bounds('s', '"a"', '"\uffff"'), { op: '=', column: 's', value: '😀' })).toBe('no')
    expect(skipper.match(bounds('s', '"a"', '"😀"'), { op: '=', column: 's', value: '\uffff' })).toBe('maybe')
  })

  test('partition values decide without statistics, and null is one of them', () => {
    const day = { op: '=', column: 'p', value: 20089 } as const
    expect(skipper.match(file(), day)).toBe('all')
    expect(skipper.match(file(undefined, '2025-01-02'), day)).toBe('no')
    expect(skipper.match(file(undefined, null), day)).toBe('no')
    expect(skipper.match(file(undefined, ''), { op: 'isNull', column: 'p' })).toBe('all')
    expect(skipper.match(file(undefined, 'tomorrow'), day)).toBe('maybe')
    expect(skipper.match({ partitionValues: {}, stats: undefined }, day)).toBe('maybe')
  })

  test('a column nobody knows is never a reason to skip', () => {
    expect(skipper.match(bounds('n', '1', '2'), { op: 'isNull', column: 'nosuch' })).toBe('maybe')
  })

  test('what is skipped holds no row, and what matches wholly holds only rows, for any data and predicate', () => {
    const random = new Random()
    let decided = 0
    for (let i = 0; i < 4000 || (decided <= 500 && i < 200_000); i++) {
      const rows = Array.from({ length: 1 + random.below(4) }, () => ({
        p: 20089,
        n: random.pick([null, NaN, -0, 0, 1, 2.5, Infinity]),
        s: random.pick([null, '', 'a', 'ab', 'abc', 'ab\u{10ffff}', '\uffff', '😀x', 'zzz']),
        t: random.pick([null, -1n, 0n, 999n, 1000n, 1001n]),
        o: random.pick([null, { x: null }, { x: 2n ** 60n }, { x: 2n ** 60n + 1n }]),
      }))
      const columns = shape.schema.fields
        .filter(f => f.name !== 'p')
        .map(field => ({ field, data: rows.map(row => row[field.name as 'n']) }))
      const plan = planStats(shape)
      const add = { partitionValues: { p: '2025-01-01' }, stats: encodeStats(collectStats(columns, plan), plan) }
      const predicate = randomPredicate(random, 3)
      const truths = rows.map(row => evaluate(predicate, { ...row, 'o.x': row.o?.x ?? null }))
      const match = skipper.match(add, predicate)
      const message = `${seedNote}: ${formatPredicate(predicate)} of ${add.stats}`
      if (match === 'no') expect(truths.includes(true), message).toBe(false)
      if (match === 'all')
        expect(
          truths.every(truth => truth === true),
          message,
        ).toBe(true)
      if (match !== 'maybe') decided++
    }
    expect(decided, seedNote).toBeGreaterThan(500)
  })
})

const formatPredicate = (predicate: Predicate) =>
  JSON.stringify(predicate, (_key, value: unknown) =>
    typeof value === 'bigint' || Number.isNaN(value) ? String(value) : value,
  )

const values: Readonly<Record<string, readonly Value[]>> = {
  p: [null, 20088, 20089],
  n: [null, NaN, -1, 0, 1, 2.5, 3, Infinity],
  s: [null, '', 'a', 'ab', 'abc', 'b', '\uffff', '😀x'],
  t: [null, -1n, 0n, 500n, 1001n, 2000n],
  'o.x': [null, 2n ** 60n, 2n ** 60n + 1n],
}

function randomPredicate(random: Random, depth: number): Predicate {
  const column = random.pick(Object.keys(values))
  const value = () => random.pick(values[column] ?? [])
  switch (random.below(depth === 0 ? 7 : 10)) {
    case 0:
      return { op: random.pick(['isNull', 'isNotNull'] as const), column }
    case 1:
      return { op: 'in', column, values: Array.from({ length: random.below(3) }, value) }
    case 7:
      return not(randomPredicate(random, depth - 1))
    case 8:
    case 9:
      return {
        op: random.pick(['and', 'or'] as const),
        of: [randomPredicate(random, depth - 1), randomPredicate(random, depth - 1)],
      }
    default:
      return { op: random.pick(['=', '<', '<=', '>', '>='] as const), column, value: value() }
  }
}

/** SQL's three-valued truth, written apart from the code under test. */
function evaluate(predicate: Predicate, row: Readonly<Record<string, unknown>>): boolean | null {
  switch (predicate.op) {
    case 'and': {
      const parts = predicate.of.map(part => evaluate(part, row))
      return parts.includes(false) ? false : parts.includes(null) ? null : true
    }
    case 'or': {
      const parts = predicate.of.map(part => evaluate(part, row))
      return parts.includes(true) ? true : parts.includes(null) ? null : false
    }
    case 'not': {
      const truth = evaluate(predicate.of, row)
      return truth === null ? null : !truth
    }
    case 'isNull':
      return row[predicate.column] === null
    case 'isNotNull':
      return row[predicate.column] !== null
    case 'in': {
      const truths = predicate.values.map(value => evaluate({ op: '=', column: predicate.column, value }, row))
      return truths.includes(true) ? true : truths.includes(null) ? null : false
    }
    default: {
      const value = row[predicate.column] as Value
      if (value === null || predicate.value === null) return null
      const sign = rank(value, predicate.value)
      return { '=': sign === 0, '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }[predicate.op]
    }
  }
}

function rank(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  const key = (value: Value) => (Number.isNaN(value) ? [1, 0] : [0, value]) as [number, number]
  const [[aNaN, x], [bNaN, y]] = [key(a), key(b)]
  return aNaN - bNaN || (x < y ? -1 : x > y ? 1 : 0)
}
