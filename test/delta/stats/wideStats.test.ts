import { describe, expect, test } from 'vitest'

import { wideStats } from '../../../shared/delta/stats/wideStats.js'

const vector = { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 2n } as const

describe('the statistics of a file that gets a deletion vector', () => {
  test('stay as they were, text for text, and say that bounds may be wide', () => {
    const stats =
      '{"numRecords":5,"minValues":{"d":1.20,"i":9007199254740993},"maxValues":{"d":1E+2},"nullCount":{"d":0}}'
    expect(wideStats({ stats }, 5)).toBe(`${stats.slice(0, -1)},"tightBounds":false}`)
    expect(wideStats({ stats: `${stats.slice(0, -1)},"tightBounds":false}`, deletionVector: vector }, 5)).toBe(
      `${stats.slice(0, -1)},"tightBounds":false}`,
    )
    expect(wideStats({ stats: `${stats.slice(0, -1)},"tightBounds":true}` }, 5)).toContain('"i":9007199254740993')
    expect(JSON.parse(wideStats({ stats: `${stats.slice(0, -1)},"tightBounds":true}` }, 5))).toMatchObject({
      numRecords: 5,
      tightBounds: false,
    })
  })

  test('count the rows where nobody had, those that are deleted among them', () => {
    for (const stats of [undefined, '', '{}', '[]', 'no json'])
      expect(wideStats({ stats }, 7)).toBe('{"numRecords":7,"tightBounds":false}')
    expect(JSON.parse(wideStats({ stats: '{"minValues":{"a":1}}' }, 7))).toEqual({
      numRecords: 7,
      minValues: { a: 1 },
      tightBounds: false,
    })
  })

  test('of exact counts beside an older vector keep only that a column is all null, now of all rows', () => {
    const stats = '{"numRecords":5,"nullCount":{"all":3,"some":2,"s":{"x":3,"y":0}},"tightBounds":true}'
    expect(JSON.parse(wideStats({ stats, deletionVector: vector }, 5))).toEqual({
      numRecords: 5,
      nullCount: { all: 5, some: 2, s: { x: 5, y: 0 } },
      tightBounds: false,
    })
  })
})
