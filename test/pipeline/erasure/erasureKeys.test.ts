import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { decimal, defineStream, long, timestamp } from '../../../shared/contract/index.js'
import { ErasureKeys } from '../../../shared/pipeline/erasure/erasureKeys.js'

const common = {
  name: 's',
  topic: 's',
  key: 'id',
  eventTime: 'at',
  allowedLateness: '1 day',
  dedupeWithin: '1 day',
} as const
const texts = defineStream({ ...common, schema: z.object({ id: z.string().min(1), at: timestamp() }) })
const numbers = defineStream({ ...common, schema: z.object({ id: long(), at: timestamp() }) })
const amounts = defineStream({ ...common, schema: z.object({ id: decimal(6, 2), at: timestamp() }) })

const bytes = (text: string) => Buffer.from(text)
const record = (value: string | null, key: Uint8Array | null = null, header?: string) => ({
  key,
  value: value === null ? null : bytes(value),
  headers: header === undefined ? [] : [['h', bytes(header)] as const],
})

describe('a record without columns is of a key', () => {
  const keys = new ErasureKeys(texts, ["o'Neil", 'ключ'])

  test('when its value says so, whatever else is wrong with it and however JSON writes it', () => {
    expect(keys.matches(record(`{"id":"o'Neil","at":"never"}`))).toBe(true)
    expect(keys.matches(record('{"id":"\\u043a\\u043b\\u044e\\u0447"}'))).toBe(true)
    expect(keys.matches(record(`{"id":"o'Neill"}`))).toBe(false)
  })

  test("by Kafka's key and headers only where the value says none", () => {
    expect(keys.matches(record(null, bytes("o'Neil")))).toBe(true)
    expect(keys.matches(record(null, bytes(`"o'Neil"`)))).toBe(true)
    expect(keys.matches(record('{"id":null}', null, 'ключ'))).toBe(true)
    expect(keys.matches(record('{"id":"another"}', bytes("o'Neil"), 'ключ'))).toBe(false)
  })

  test('by bytes that are no JSON, but not as a part of a longer word', () => {
    expect(keys.matches(record(`{"id":"o'Neil","at":`))).toBe(true)
    expect(keys.matches(record(`{"id":"o'Neilsen","at":`))).toBe(false)
    expect(keys.matches(record('не ключом'))).toBe(false)
  })

  test('by bytes that are no JSON, however JSON would have escaped the key in them', () => {
    const odd = new ErasureKeys(texts, [`o'N"ei/l\\n<😀`])
    for (const text of [
      String.raw`o'N\"ei/l\\n<😀`,
      String.raw`o\u0027N\u0022ei\/l\\n\u003c\ud83d\uDE00`,
      // Twice, as an event inside a text of another has it.
      String.raw`o'N\\\"ei/l\\\\n<\\ud83d\\ude00`,
    ]) {
      expect(odd.matches(record(`{"id":"${text}","at":`)), text).toBe(true)
      expect(odd.matches(record(`{"id":"${text}x","at":`)), text).toBe(false)
    }
    expect(keys.matches(record('{"id":"\\u043a\\u043b\\u044e\\u0447","at":'))).toBe(true)
  })

  test('that is a number, by its value', () => {
    const number = new ErasureKeys(numbers, ['9007199254740993'])
    expect(number.matches(record('{"id":9007199254740993}'))).toBe(true)
    expect(number.matches(record('{"id":9007199254740992}'))).toBe(false)
    const big = Buffer.alloc(8)
    big.writeBigInt64BE(9007199254740993n)
    expect(number.matches(record(null, big))).toBe(true)
    expect(new ErasureKeys(amounts, ['1.50']).matches(record('{"id":1.5}'))).toBe(true)
  })
})

test.each([
  [numbers, ['5; DROP TABLE x']],
  [numbers, ['9223372036854775808']],
  [amounts, ['1.505']],
  [amounts, ['12345.00']],
  [texts, ['']],
])('a key that no row can have is refused, and not repeated', (stream, keys) => {
  let message = ''
  try {
    new ErasureKeys(stream, keys)
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toContain('Key 1 is no value')
  if (keys[0] !== '') expect(message).not.toContain(keys[0])
})

test('a note names a key where it stands in it as a word, but for keys that are as short as any word', () => {
  const keys = new ErasureKeys(texts, ["o'Neil", 'ключ', 'n/a'])
  expect(
    ["asked for by o'Neil", 'ключ!', String.raw`replace(_value, '"\u043a\u043b\u044e\u0447"', '')`].map(text =>
      keys.areNamedIn(text),
    ),
  ).toEqual([true, true, true])
  expect(["o'Neill", 'ключом', "replace(_value, 'n/a', '0')"].map(text => keys.areNamedIn(text))).toEqual([
    false,
    false,
    false,
  ])
})

test('the same key has another digest under another salt', () => {
  const keys = new ErasureKeys(texts, ['a'])
  expect(keys.digests(bytes('1'))).toEqual(keys.digests(bytes('1')))
  expect(keys.digests(bytes('1'))).not.toEqual(keys.digests(bytes('2')))
})
