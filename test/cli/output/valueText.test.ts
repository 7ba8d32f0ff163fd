import { describe, expect, test } from 'vitest'

import { cellText, jsonText, rowJson } from '../../../shared/cli/output/valueText.js'
import { type DataType, parseSparkTimestamp } from '../../../shared/types/index.js'

const micros = (text: string) => parseSparkTimestamp(text) as bigint

describe('values as JSON', () => {
  test.each<[string, DataType, Parameters<ReturnType<typeof jsonText>>[0], string]>([
    ['a long beyond 2^53 keeps all its digits', 'long', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['the least long', 'long', -(2n ** 63n), '-9223372036854775808'],
    ['an integer', 'integer', -5, '-5'],
    ['a decimal keeps the zeros of its scale', { type: 'decimal', precision: 10, scale: 3 }, 1500n, '"1.500"'],
    [
      'a decimal of 38 digits',
      { type: 'decimal', precision: 38, scale: 2 },
      -(10n ** 38n) + 1n,
      '"-999999999999999999999999999999999999.99"',
    ],
    ['a decimal below one', { type: 'decimal', precision: 5, scale: 4 }, -7n, '"-0.0007"'],
    ['binary is base64', 'binary', Uint8Array.from([0, 255, 16]), '"AP8Q"'],
    ['binary that is a part of a larger buffer', 'binary', Uint8Array.from([1, 2, 3, 4]).subarray(1, 3), '"AgM="'],
    ['a date before 1970', 'date', -1, '"1969-12-31"'],
    ['the first date', 'date', -719_162, '"0001-01-01"'],
    ['a date before year 0', 'date', -735525, '"-0044-03-15"'],
    ['a date beyond 9999', 'date', 3789723, '"+12345-11-29"'],
    ['a time beyond 9999', 'timestamp', 2n ** 62n, '"+148108-07-06T14:00:27.387904Z"'],
    ['a time before year 0', 'timestamp_ntz', -(2n ** 63n), '"-290308-12-21T19:59:05.224192"'],
    [
      'a timestamp has six digits and Z',
      'timestamp',
      micros('2025-04-01T17:37:57.000001Z'),
      '"2025-04-01T17:37:57.000001Z"',
    ],
    ['a timestamp before 1970', 'timestamp', -1n, '"1969-12-31T23:59:59.999999Z"'],
    ['the last timestamp', 'timestamp', micros('9999-12-31T23:59:59.999999Z'), '"9999-12-31T23:59:59.999999Z"'],
    ['the first timestamp', 'timestamp', micros('0001-01-01T00:00:00Z'), '"0001-01-01T00:00:00.000000Z"'],
    ['wall-clock time has no Z', 'timestamp_ntz', micros('2025-04-01 17:37:57'), '"2025-04-01T17:37:57.000000"'],
    ['a double is as short as can be', 'double', 0.1, '0.1'],
    ['a whole double', 'double', 1984, '1984'],
    ['a large double', 'double', 1e300, '1e+300'],
    ['negative zero', 'double', -0, '-0.0'],
    ['not a number', 'double', NaN, '"NaN"'],
    ['infinity', 'float', -Infinity, '"-Infinity"'],
    ['a boolean', 'boolean', false, 'false'],
    ['a text with quotes, a line end and half a pair', 'string', 'a"\n\ud800', '"a\\"\\n\\ud800"'],
    ['null', 'string', null, 'null'],
    ['a name that is absent', 'long', undefined, 'null'],
  ])('%s', (_, type, value, text) => {
    expect(jsonText(type)(value)).toBe(text)
    JSON.parse(text)
  })

  test('structs, arrays and maps hold the same forms at any depth', () => {
    const type: DataType = {
      type: 'map',
      keyType: 'long',
      valueType: {
        type: 'array',
        containsNull: true,
        elementType: {
          type: 'struct',
          fields: [
            { name: 'b', type: 'binary', nullable: true },
            { name: 'a', type: { type: 'decimal', precision: 4, scale: 1 }, nullable: true },
          ],
        },
      },
      valueContainsNull: true,
    }
    const value = [
      { key: 2n ** 60n, value: [{ a: 15n, b: Uint8Array.from([1]) }, null, { a: null }] },
      { key: 1n, value: null },
    ]
    expect(jsonText(type)(value)).toBe(
      '[{"key":1152921504606846976,"value":[{"b":"AQ==","a":"1.5"},null,{"b":null,"a":null}]},{"key":1,"value":null}]',
    )
  })

  test('fields keep their order even when their names look like numbers', () => {
    const fields = [
      { name: 'z', type: 'integer' as const },
      { name: '1', type: 'integer' as const },
    ]
    expect(rowJson(fields)({ 1: 1, z: 2 })).toBe('{"z":2,"1":1}')
  })

  test('what no calendar holds is still written, as a count', () => {
    expect(jsonText('timestamp')(2n ** 64n)).toContain('18446744073709551616')
    expect(jsonText('date')(2 ** 40)).toContain('1099511627776')
  })
})

describe('values as cells', () => {
  test('strings stand without quotes, nested ones as JSON, nulls empty', () => {
    expect(cellText('string')('a"b')).toBe('a"b')
    expect(cellText({ type: 'array', elementType: 'string', containsNull: true })(['a', null])).toBe('["a",null]')
    expect(cellText({ type: 'decimal', precision: 3, scale: 2 })(150n)).toBe('1.50')
    expect(cellText('long')(null)).toBe('')
  })
})
