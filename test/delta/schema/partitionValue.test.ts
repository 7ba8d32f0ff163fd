import { describe, expect, test } from 'vitest'

import { DeltaError } from '../../../shared/delta/deltaError.js'
import { formatPartitionValue, parsePartitionValue } from '../../../shared/delta/schema/partitionValue.js'
import type { DataType, Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const decimal = { type: 'decimal', precision: 38, scale: 2 } as const

describe('partition values', () => {
  test.each<[DataType, Value, string]>([
    ['string', 'a/b 100%', 'a/b 100%'],
    ['long', -(2n ** 63n), '-9223372036854775808'],
    ['double', 1e100, '1.0E100'],
    ['float', Math.fround(0.1), '0.1'],
    ['double', NaN, 'NaN'],
    [decimal, 1230n, '12.30'],
    [decimal, -1n, '-0.01'],
    [{ ...decimal, scale: 0 }, -7n, '-7'],
    ['boolean', false, 'false'],
    ['date', -719162, '0001-01-01'],
    ['date', -719163, '0000-12-31'],
    ['date', -735525, '-0044-03-15'],
    ['date', 2932897, '+10000-01-01'],
    ['date', 3789723, '+12345-11-29'],
    ['date', -(2 ** 31), '-5877641-06-23'],
    ['date', 2 ** 31 - 1, '+5881580-07-11'],
    ['timestamp', -62_135_596_800_000_001n, '0000-12-31T23:59:59.999999Z'],
    ['timestamp', 253_402_300_800_000_000n, '+10000-01-01T00:00:00.000000Z'],
    ['timestamp', 2n ** 63n - 1n, '+294247-01-10T04:00:54.775807Z'],
    ['timestamp_ntz', -(2n ** 63n), '-290308-12-21 19:59:05.224192'],
    ['timestamp', 1_704_070_923_123_456n, '2024-01-01T01:02:03.123456Z'],
    ['timestamp', -1n, '1969-12-31T23:59:59.999999Z'],
    ['timestamp_ntz', 1_704_070_923_000_000n, '2024-01-01 01:02:03.000000'],
    ['binary', new TextEncoder().encode('\ufeffhé'), '\ufeffhé'],
  ])('%j %s is %s and back', (type, value, text) => {
    expect(formatPartitionValue(type, value)).toBe(text)
    expect(parsePartitionValue(type, text)).toEqual(value)
  })

  test('the empty text is null for every type, both ways', () => {
    for (const type of ['string', 'long', 'timestamp', 'binary', decimal] as const) {
      expect(parsePartitionValue(type, '')).toBeNull()
      expect(parsePartitionValue(type, null)).toBeNull()
    }
    expect(formatPartitionValue('string', '')).toBeNull()
    expect(formatPartitionValue('binary', new Uint8Array())).toBeNull()
  })

  test.each<[string, string | undefined, bigint]>([
    ['2024-01-01 00:00:00', undefined, 1_704_067_200_000_000n],
    ['2024-01-01 00:00:00.5', undefined, 1_704_067_200_500_000n],
    ['2024-01-01 00:00:00', 'America/Los_Angeles', 1_704_096_000_000_000n],
    ['2024-07-01 00:00:00', 'America/Los_Angeles', 1_719_817_200_000_000n],
    ['2024-01-01T00:00:00.000001Z', 'America/Los_Angeles', 1_704_067_200_000_001n],
    ['2024-01-01T00:00:00+05:30', undefined, 1_704_047_400_000_000n],
    ['1969-12-31 23:59:59.999999', undefined, -1n],
  ])('the timestamp %s, of a writer in %s', (text, zone, micros) => {
    expect(parsePartitionValue('timestamp', text, { zone })).toBe(micros)
  })

  test.each<[DataType, string]>([
    ['integer', '2147483648'],
    ['byte', '128'],
    ['long', '1.0'],
    ['boolean', 'yes'],
    ['date', '2023-02-29'],
    ['date', '-0001-02-29'],
    ['date', '-719163'],
    ['date', '+5881580-07-12'],
    ['timestamp', '+294247-01-10T04:00:54.775808Z'],
    ['timestamp', '-290308-12-21T19:59:05.224192+00:01'],
    ['timestamp', '2024-01-01 25:00:00'],
    [decimal, '0.001'],
    ['double', '0x10'],
  ])('%j: %s is refused with the place', (type, text) => {
    expect(() => parsePartitionValue(type, text, { where: { version: 4 } })).toThrow(/not a partition value.*version 4/)
  })

  test.each<[DataType, Value]>([
    ['integer', 2147483648],
    ['long', 'x'],
    ['binary', Uint8Array.of(0xff)],
    ['date', 2 ** 31],
    ['date', 0.5],
    ['timestamp', 2n ** 63n],
    [{ type: 'array', elementType: 'long', containsNull: true }, []],
  ])('%j cannot say %s', (type, value) => {
    expect(() => formatPartitionValue(type, value)).toThrow(DeltaError)
  })

  test('whatever is written is read back', () => {
    const random = new Random()
    for (let i = 0; i < 3000; i++) {
      const micros = random.below(2) === 0 ? random.long() : (random.long() >> 8n) % 60_000_000_000_000_000n
      const cases: [DataType, Value][] = [
        ['string', random.text(10) || null],
        ['long', random.long()],
        ['double', (random.next() - 0.5) * 10 ** (random.below(600) - 300)],
        ['float', Math.fround((random.next() - 0.5) * 10 ** (random.below(70) - 35))],
        [decimal, random.long() * 10n ** BigInt(random.below(19))],
        ['timestamp', micros],
        ['timestamp_ntz', micros],
        ['date', Number(micros / 86_400_000_000n)],
      ]
      for (const [type, value] of cases)
        expect(
          parsePartitionValue(type, formatPartitionValue(type, value)),
          `${seedNote} ${JSON.stringify(type)}`,
        ).toEqual(value)
    }
  })
})
