import { describe, expect, test } from 'vitest'

import { addSamples, emptyTimeline, resolutions, tableMeasures } from '../../../shared/pipeline/overview/series.js'
import { Random, seedNote, testSeed } from '../../random.js'

const minute = 60_000
const now = 1_000_000 * 7_200_000

const add = (samples: Parameters<typeof addSamples<keyof typeof tableMeasures>>[2], at = now) =>
  addSamples(emptyTimeline(tableMeasures), tableMeasures, samples, at)

describe('values over time', () => {
  test('of one interval the worst wait counts, and the sum of the rows', () => {
    const { '1h': hour } = add([
      { at: now - minute, values: { p99: 3, rows: 10 } },
      { at: now - minute + 1, values: { p99: 2, rows: 5 } },
    ])
    expect(hour.values.p99).toEqual([3])
    expect(hour.values.rows).toEqual([15])
    expect(hour.values.lag).toEqual([null])
  })

  test('samples that come out of order stand in order', () => {
    const { '1h': hour } = add([1, 5, 3].map(n => ({ at: now - n * minute, values: { rows: n } })))
    expect(hour.values.rows).toEqual([5, 3, 1])
  })

  test('what lies before the range or in the future is left out, and no range grows beyond its length', () => {
    const random = new Random(testSeed)
    const samples = Array.from({ length: 20_000 }, (_, n) => ({
      at: now - n * minute,
      values: { rows: random.below(9) },
    }))
    const timeline = add([...samples, { at: now + 9_000_000, values: { rows: 1 } }])
    for (const [range, { steps }] of Object.entries(resolutions)) {
      const { at, values } = timeline[range as keyof typeof resolutions]
      expect(at.length, seedNote).toBe(steps)
      expect(values.rows.length).toBe(at.length)
      expect(Math.max(...at)).toBeLessThanOrEqual(
        Math.floor(now / resolutions[range as keyof typeof resolutions].stepMs),
      )
    }
  })

  test('a value that is no number leaves the interval as it was', () => {
    const { '1h': hour } = add([
      { at: now, values: { freshness: Number.NaN, lag: null } },
      { at: now, values: { freshness: 4 } },
    ])
    expect(hour.values.freshness).toEqual([4])
    expect(hour.values.lag).toEqual([null])
  })
})
