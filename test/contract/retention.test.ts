import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../shared/contract/index.js'

const day = 86_400_000

const retaining = (retain: unknown, dedupeWithin = '1 day') =>
  defineStream({
    name: 'clicks',
    topic: 'clicks',
    schema: z.object({ id: z.string(), at: timestamp() }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin,
    ...(retain === undefined ? {} : { retain: retain as string }),
  }).retention

describe('how long rows are kept', () => {
  test('for ever where nothing is said, all parts alike by one duration, or each its own', () => {
    expect(retaining(undefined)).toEqual({})
    const all = 90 * day
    expect(retaining('90 days')).toEqual({
      bronze: all,
      quarantine: all,
      silver: all,
      scored: all,
      summary: all,
      drift: all,
    })
    expect(retaining({ bronze: '30 days', silver: 'P1D' })).toEqual({ bronze: 30 * day, silver: day })
  })

  test.each<[unknown, string | undefined, RegExp]>([
    ['3 months', undefined, /Stream "clicks": retain "3 months" is not a duration\. Write '10 minutes'/],
    [{ silver: '3 months' }, undefined, /retain\.silver "3 months" is not a duration/],
    [{ bronze: 90 }, undefined, /retain\.bronze is no text/],
    [{ bronze: '6 hours' }, undefined, /retain\.bronze is less than a day; rows go by whole days/],
    [
      { gold: '90 days' },
      undefined,
      /retain has no part "gold"; there are bronze, .*; gold is scored, summary and drift/,
    ],
    [{ __proto__: null, constructor: '1 day' }, undefined, /retain has no part "constructor"/],
    [90, undefined, /retain is neither a duration nor an object/],
    [null, undefined, /retain is neither a duration nor an object/],
    [['90 days'], undefined, /retain is neither a duration nor an object/],
    [{ silver: '6 days' }, '1 week', /retain\.silver is shorter than dedupeWithin: an event whose first copy is gone/],
    ['6 days', '1 week', /retain\.silver is shorter than dedupeWithin/],
    [{ bronze: '30 days', quarantine: '29 days' }, undefined, /retain\.quarantine is shorter than retain\.bronze/],
    [{ quarantine: '29 days' }, undefined, /retain\.quarantine is shorter than retain\.bronze/],
  ])('%j is refused with a sentence', (retain, dedupeWithin, why) => {
    expect(() => retaining(retain, dedupeWithin)).toThrow(why)
  })

  test('as long as duplicates are looked for is long enough', () => {
    expect(retaining({ silver: '1 week' }, '1 week')).toEqual({ silver: 7 * day })
  })
})
