import { describe, expect, test } from 'vitest'

import { parseIsoDate, parseIsoTimestamp, parseIsoTimestampNtz } from '../../shared/types/isoTime.js'
import { formatDate, parseSparkDate, parseSparkTimestamp, splitTimestamp } from '../../shared/types/sparkTime.js'
import { Random, seedNote } from '../random.js'

const first = -62_135_596_800_000_000n
const span = 315_537_897_600_000_000n

/** A moment of the years 0001 to 9999, microseconds since 1970; every so often the first or the last. */
function moment(random: Random): bigint {
  const at = (BigInt(random.below(2 ** 32)) << 28n) | BigInt(random.below(2 ** 28))
  return first + random.pick([at % span, at % span, at % span, 0n, span - 1n])
}

const two = (n: number) => String(n).padStart(2, '0')

describe('what both grammars have', () => {
  test('is one moment to both, whatever its separator, fraction and zone', () => {
    const random = new Random()
    for (let i = 0; i < 20_000; i++) {
      const { day, time } = splitTimestamp(moment(random), 6) ?? { day: '', time: '' }
      const seconds = random.pick([
        '',
        `:${time.slice(6, 8)}`,
        time.slice(5, 8) + time.slice(8, 9 + 1 + random.below(6)),
      ])
      const zone = random.pick([
        () => 'Z',
        () => `${random.pick(['+', '-'])}${two(random.below(24))}`,
        () => `${random.pick(['+', '-'])}${two(random.below(24))}${random.pick([':', ''])}${two(random.below(60))}`,
      ])()
      const wall = `${day}${random.pick(['T', ' '])}${time.slice(0, 5)}${seconds}`
      const iso = parseIsoTimestamp(wall + zone)
      const spark = parseSparkTimestamp(wall + zone)
      const inYears = spark !== undefined && spark >= first && spark < first + span
      expect(iso, `${wall}${zone} ${seedNote}`).toBe(inYears ? spark : undefined)
      expect(parseIsoTimestampNtz(wall), `${wall} ${seedNote}`).toBe(parseSparkTimestamp(wall))
      expect(parseIsoDate(day), `${day} ${seedNote}`).toBe(parseSparkDate(day))
    }
  })

  test('is refused by both where a part is beyond its range', () => {
    const random = new Random()
    for (let i = 0; i < 20_000; i++) {
      const day = `${String(random.below(10_000)).padStart(4, '0')}-${two(random.below(15))}-${two(random.below(34))}`
      const wall = `${day}T${two(random.below(27))}:${two(random.below(63))}:${two(random.below(63))}`
      const isYearZero = day.startsWith('0000')
      expect(parseIsoDate(day), `${day} ${seedNote}`).toBe(isYearZero ? undefined : parseSparkDate(day))
      expect(parseIsoTimestampNtz(wall), `${wall} ${seedNote}`).toBe(isYearZero ? undefined : parseSparkTimestamp(wall))
    }
  })
})

test.each([
  ['2025-4-1', 1743465600000000n],
  ['2025-04-01', 1743465600000000n],
  ['2025-04-01 7:05', 1743491100000000n],
  [' 2025-04-01T17:37:57 +2 ', 1743521877000000n],
  ['-0044-03-15', -63549360000000000n],
  ['+12345-11-29T00:00:00Z', 327432067200000000n],
])('%s is a time to Spark alone', (text, micros) => {
  expect(parseSparkTimestamp(text)).toBe(micros)
  expect(parseIsoTimestamp(text)).toBeUndefined()
  expect(parseIsoTimestampNtz(text)).toBeUndefined()
})

test('a time without a zone is read in the zone that is given, one with a zone is not', () => {
  expect(parseSparkTimestamp('2025-04-01 12:00:00', 'Europe/Berlin')).toBe(1743501600000000n)
  expect(parseSparkTimestamp('2025-04-01 12:00:00Z', 'Europe/Berlin')).toBe(1743508800000000n)
})

test('days and times beyond 32 and 64 bits are none', () => {
  expect([-(2 ** 31), 2 ** 31 - 1].map(days => parseSparkDate(formatDate(days) ?? ''))).toEqual([
    -(2 ** 31),
    2 ** 31 - 1,
  ])
  expect([formatDate(2 ** 31), parseSparkDate('+5881580-07-12')]).toEqual([undefined, undefined])
  expect(parseSparkTimestamp('+294247-01-10T04:00:54.775807Z')).toBe(2n ** 63n - 1n)
  expect(parseSparkTimestamp('+294247-01-10T04:00:54.775808Z')).toBeUndefined()
})
