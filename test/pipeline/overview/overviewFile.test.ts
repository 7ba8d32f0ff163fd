import { describe, expect, test } from 'vitest'

import { emptyOverview, type Overview } from '../../../shared/pipeline/overview/overview.js'
import { decodeOverview, encodeOverview } from '../../../shared/pipeline/overview/overviewFile.js'

const overview: Overview = {
  ...emptyOverview,
  writtenAt: 5,
  tables: {
    'gold.a': {
      row: { lag: 2n ** 70n, freshness_seconds: 0.5, reason: '</script>', identity_closed: false },
      changes: [],
      timeline: undefined,
    },
  },
}

describe('the overview as a file', () => {
  test('whole numbers are exact beyond 2^53, and everything comes back as it was', () => {
    expect(decodeOverview(encodeOverview(overview))).toEqual(overview)
  })

  test.each(['', '{', 'null', '[]', '{"format":2}', '{"format":1}', '{"format":1,"tables":[]}', '"x"'])(
    '%s is no overview, and stops nothing',
    text => {
      expect(decodeOverview(text)).toBeUndefined()
    },
  )

  test('a whole one of the former format, whose runs were not told from executions, is recreated', () => {
    const former = encodeOverview(overview).replace('"format":3', '"format":2')
    expect(former).toContain('"format":2')
    expect(decodeOverview(former)).toBeUndefined()
  })

  test('a value that is too long for a page is cut', () => {
    const long = {
      ...overview,
      tables: { t: { row: { reason: 'x'.repeat(10_000_000) }, changes: [], timeline: undefined } },
    }
    expect(encodeOverview(long).length).toBeLessThan(20_000)
  })
})
