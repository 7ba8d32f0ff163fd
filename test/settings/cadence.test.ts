import { describe, expect, test } from 'vitest'

import { cadenceOf, parseNcrontab, readSettings } from '../../shared/settings/index.js'

const seconds = 1_000

/** The first tick of a timer at which it does not run already. */
function nextRun(schedule: string, from: number): number {
  return parseNcrontab(schedule).next(from - 1) ?? Infinity
}

/** How long events take to gold, each sent at another moment of ten minutes, where bronze and runs take so long. */
function waits(target: string, { bronze, silver, gold }: Readonly<Record<'bronze' | 'silver' | 'gold', number>>) {
  const found: number[] = []
  for (let sent = 0; sent < 600 * seconds; sent += 97) {
    const ofSilver = nextRun(cadenceOf('SILVER_SCHEDULE', target), sent + bronze) + silver
    found.push(nextRun(cadenceOf('GOLD_SCHEDULE', target), ofSilver) + gold - sent)
  }
  return found.toSorted((a, b) => a - b)
}

describe('a target of freshness', () => {
  test.each([
    ['75 seconds', 75, { bronze: 1_100, silver: 9_000, gold: 3_000 }],
    ['15 seconds', 15, { bronze: 1_100, silver: 2_500, gold: 2_500 }],
    ['5 seconds', 5, { bronze: 800, silver: 900, gold: 900 }],
  ] as const)('of %s is met by all but one event in a hundred', (target, limit, takes) => {
    const sorted = waits(target, takes)
    expect((sorted[Math.floor(sorted.length * 0.99)] ?? Infinity) / seconds).toBeLessThan(limit)
  })

  test('that nobody set is a minute and a little', () => {
    for (const target of [undefined, '', ' 75 seconds '])
      expect(cadenceOf('SILVER_SCHEDULE', target)).toBe('0 * * * * *')
  })

  test('that is none is refused where settings are read', () => {
    expect(() => readSettings({ FRESHNESS_TARGET: '1 second' })).toThrow(/FRESHNESS_TARGET is "1 second"/)
    expect(readSettings({ FRESHNESS_TARGET: '5 seconds' }).freshnessTarget).toBe('5 seconds')
  })
})
