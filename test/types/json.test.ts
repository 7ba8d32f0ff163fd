import { describe, expect, test } from 'vitest'

import { parseLogJson } from '../../shared/delta/index.js'
import { formatJson, type Json, JsonNumber, parseJson } from '../../shared/types/json.js'
import { JsonError } from '../../shared/types/jsonError.js'
import { Random, seedNote } from '../random.js'

describe('json', () => {
  test.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['1984.5', 1984.5],
    ['1E-18', 1e-18],
    ['12.30', 12.3],
    ['1.0E100', 1e100],
    ['-0.0', -0],
  ])('%s is read without loss', (text, value) => {
    expect(parseJson(text)).toBe(value)
    expect(parseJson(`{"a":${text}}`)).toEqual({ a: value })
    expect(parseJson(`{"a\\\\" : ${text}}`)).toEqual({ 'a\\': value })
    expect(parseJson(`["x", ${text}]`)).toEqual(['x', value])
  })

  test.each(['99999999999999999999.999999999999999999', '0.99999999999999999999', '9007199254740991.4', '1e400'])(
    '%s, which a double would change, keeps its text',
    text => {
      expect(parseJson(`{"max":${text}}`)).toEqual({ max: new JsonNumber(text) })
      expect(formatJson(parseJson(`{"max":${text}}`))).toBe(`{"max":${text}}`)
    },
  )

  test('statistics stay the text that they are, digits and all', () => {
    const stats = '{"numRecords":1,"maxValues":{"a":1.50,"b":9223372036854775807}}'
    const line = JSON.stringify({ add: { path: 'a', stats, size: 1 } })
    expect(parseJson(line)).toEqual({ add: { path: 'a', stats, size: 1 } })
  })

  test('a field named __proto__ is a field', () => {
    const parsed = parseJson('{"__proto__":12345678901234567890}') as Record<string, Json>
    expect(Object.getOwnPropertyDescriptor(parsed, '__proto__')?.value).toBe(12345678901234567890n)
    expect(formatJson(parsed)).toBe('{"__proto__":12345678901234567890}')
  })

  test('a NaN is refused instead of becoming null', () => {
    expect(() => formatJson({ a: Number.NaN })).toThrow(JsonError)
    expect(() => formatJson([Number.POSITIVE_INFINITY])).toThrow(/Infinity/)
  })

  test('broken text is an error that names the place', () => {
    expect(() => parseLogJson('{"a":', { file: '00.json', line: 3 })).toThrow(/file 00\.json, line 3/)
    expect(() => parseLogJson('{"a":')).toThrow(expect.objectContaining({ code: 'DELTA_BAD_JSON' }))
    expect(() => parseJson('{"a":')).toThrow(/not JSON: .*a/)
  })

  test('undefined fields are left out and nulls are kept', () => {
    expect(formatJson({ a: undefined, b: null, c: [], d: {} })).toBe('{"b":null,"c":[],"d":{}}')
  })

  test('whatever is written is read back, and ordinary values read as JSON.parse reads them', () => {
    const random = new Random()
    for (let i = 0; i < 2000; i++) {
      const value = randomJson(random, 4)
      const text = formatJson(value)
      expect(parseJson(text), `${seedNote}: ${text}`).toEqual(value)
      expect(formatJson(parseJson(text)), seedNote).toBe(text)
    }
  })
})

function randomJson(random: Random, depth: number): Json {
  switch (random.below(depth === 0 ? 6 : 8)) {
    case 0:
      return random.pick([null, true, false])
    case 1:
      return random.text(12)
    case 2: {
      const long = random.long()
      return Number.isSafeInteger(Number(long)) ? Number(long) : long
    }
    case 3:
      return (random.next() - 0.5) * 10 ** (random.below(36) - 20)
    case 4:
      return random.below(1000) / 100
    case 5:
      return new JsonNumber(`${random.below(9) + 1}.${'123456789'.repeat(3)}${random.below(9) + 1}`)
    case 6:
      return Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.text(5), randomJson(random, depth - 1)]),
      )
  }
}
