import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp, UndeclaredCounter, type UndeclaredFields } from '../../../shared/contract/index.js'
import { Random, seedNote } from '../../random.js'

const timeMs = Date.UTC(2025, 3, 1)
const at = new Date(timeMs).toISOString()
const roles = { key: 'id', eventTime: 'at', allowedLateness: '10 minutes', dedupeWithin: '1 day' } as const

const flat = defineStream({
  ...roles,
  name: 'flat',
  topic: 'flat',
  schema: z.object({ id: z.string(), at: timestamp(), n: z.number().optional() }),
})
const strict = defineStream({
  ...roles,
  name: 'strict',
  topic: 'strict',
  schema: z.strictObject({ id: z.string(), at: timestamp() }),
})
const nested = defineStream({
  ...roles,
  name: 'nested',
  topic: 'nested',
  schema: z.object({
    id: z.string(),
    at: timestamp(),
    user: z.object({ name: z.string().optional() }).optional(),
    items: z.array(z.object({ sku: z.string() })).optional(),
    tags: z.record(z.string(), z.object({ v: z.number() })).optional(),
  }),
})

function countOf(stream: typeof flat, texts: readonly string[]): UndeclaredFields {
  const counter = new UndeclaredCounter(stream.fields)
  for (const text of texts) stream.parse(Buffer.from(text), timeMs, timeMs, counter)
  return counter.counts
}

const seen = ({ fields }: UndeclaredFields) =>
  fields.map(({ path, records, kinds }) => [path.join('/'), records, kinds.join(' ')])

describe('fields that the contract lacks', () => {
  test('are counted by record, whoever reads it: valid or not, flat or by JSON.parse, in any order', () => {
    const counts = countOf(flat, [
      `{"id":"a","at":"${at}","country":"se","n":1}`,
      `{"country":null,"at":"${at}","id":"b"}`,
      `{"id":"\\u0063","at":"${at}","country":"\\u0064"}`,
      `{"id":"d","country":"x","country":"y"}`,
      `{"id":"e","at":"${at}","country":"no JSON`,
      `{"id":"f","at":"${at}","N":7}`,
      '[1]',
    ])
    expect(seen(counts)).toEqual([
      ['country', 4, 'null text'],
      ['N', 1, 'whole'],
    ])
    expect(counts.others).toBe(0)
  })

  test('a strict contract counts what it rejects', () => {
    expect(seen(countOf(strict, [`{"id":"a","at":"${at}","country":"se"}`]))).toEqual([['country', 1, 'text']])
  })

  test('are found in objects, arrays and maps that are declared, once a record', () => {
    const counts = countOf(nested, [
      `{"id":"a","at":"${at}","user":{"name":"n","age":3},"items":[{"sku":"x","qty":1},{"qty":1.5,"sku":"y"}],"tags":{"k":{"v":1,"w":true},"l":{"v":2}}}`,
      `{"id":"b","at":"${at}","user":null,"items":[7],"tags":[]}`,
    ])
    expect(seen(counts)).toEqual([
      ['user/age', 1, 'whole'],
      ['items/0/qty', 1, 'whole number'],
      ['tags/1/w', 1, 'boolean'],
    ])
  })

  test('are looked into, so that their types are known', () => {
    const counts = countOf(flat, [
      `{"id":"a","at":"${at}","geo":{"lat":1.5,"when":"${at}"},"list":[{"a":1},null,{"a":null}],"none":[]}`,
    ])
    expect(seen(counts)).toEqual([
      ['geo', 1, 'object'],
      ['geo/lat', 1, 'number'],
      ['geo/when', 1, 'time'],
      ['list', 1, 'array'],
      ['list/0', 1, 'null object'],
      ['list/0/a', 1, 'null whole'],
      ['none', 1, 'array'],
    ])
  })

  test('names that plain objects have, control characters, empty ones and half characters are names', () => {
    const names = [
      '__proto__',
      'constructor',
      'toString',
      '',
      '\u0000\u001b[31m',
      '\ud800',
      'a.b',
      '😀',
      "'; DROP TABLE x --",
    ]
    const text = `{"id":"a","at":"${at}",${names.map(name => `${JSON.stringify(name)}:{"__proto__":1}`).join(',')}}`
    for (const stream of [flat, nested]) {
      const { fields, others } = countOf(stream, [text])
      expect(fields.filter(({ path }) => path.length === 1).map(({ path }) => path[0])).toEqual(names)
      expect(fields.filter(({ path }) => path.length === 2).map(({ path }) => path[1])).toEqual(
        names.map(() => '__proto__'),
      )
      expect(others).toBe(0)
    }
    expect(Object.hasOwn(Object.prototype, 'kinds')).toBe(false)
  })

  test('a name of ten million characters is cut, and one that begins like it is taken for it', () => {
    const long = 'x'.repeat(10_000_000)
    for (const stream of [flat, nested]) {
      const { fields } = countOf(stream, [
        `{"id":"a","at":"${at}","${long}":1}`,
        `{"id":"b","at":"${at}","${long}y":1}`,
        `{"id":"c","at":"${at}","${long}":1}`,
      ])
      expect(fields).toEqual([{ path: [`${'x'.repeat(100)}…`], records: 3, kinds: ['whole'] }])
    }
  })

  test('a declared name of more characters than are kept is declared', () => {
    const name = 'y'.repeat(150)
    const stream = defineStream({
      ...roles,
      name: 'long',
      topic: 'long',
      schema: z.object({ id: z.string(), at: timestamp(), [name]: z.string().optional() }),
    })
    for (const text of [`{"id":"a","at":"${at}","${name}":"1"}`, `{"${name}":"\\u0061","id":"a","at":"${at}"}`])
      expect(countOf(stream, [text])).toEqual({ fields: [], others: 0 })
    expect(stream.parse(Buffer.from(`{"${name}":"1","id":"a","at":"${at}"}`), timeMs)).toMatchObject({
      row: { [name]: '1' },
    })
  })

  test('names without end are counted together, and a value without end is looked at where it begins', () => {
    const counts = countOf(
      flat,
      Array.from({ length: 700 }, (_, i) => `{"id":"a","at":"${at}","f${i}":1,"g${i}":2}`),
    )
    expect(counts.fields).toHaveLength(200)
    expect(counts.others).toBe(600)
    const deep = `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])))
    const items = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => ({ [`k${i}`]: i })))
    for (const value of [deep, wide, items])
      expect(countOf(flat, [`{"id":"a","at":"${at}","x":${value}}`]).fields.length).toBeLessThanOrEqual(200)
  })

  test('two readers of one stream count apart, and without a counter nothing is kept', () => {
    const text = Buffer.from(`{"id":"a","at":"${at}","country":"se"}`)
    const [one, other] = [new UndeclaredCounter(flat.fields), new UndeclaredCounter(flat.fields)]
    flat.parse(text, timeMs, timeMs, one)
    flat.parse(text, timeMs, timeMs)
    flat.parse(text, timeMs, timeMs, other)
    flat.parse(text, timeMs, timeMs, one)
    expect([one, other].map(({ counts }) => counts.fields[0]?.records)).toEqual([2, 1])
  })

  test('the flat reader and JSON.parse count the same', () => {
    const random = new Random()
    const names = ['id', 'at', 'n', 'a', 'b', 'c', 'd', '__proto__']
    const values = ['"x"', '1', '1.5', 'null', 'true', `"${at}"`, '-0', '12345678901234567890']
    const pick = <T>(list: readonly T[]) => list[random.below(list.length)] as T
    const texts = Array.from(
      { length: 2_000 },
      () => `{${Array.from({ length: 1 + random.below(8) }, () => `"${pick(names)}":${pick(values)}`).join(',')}}`,
    )
    // A blank that is no JSON in the middle of nothing: the flat reader gives an escape up.
    const escaped = texts.map(text => text.replace(/"(\w)/, (_, c: string) => `"\\u00${c.charCodeAt(0).toString(16)}`))
    const inOrder = (counts: UndeclaredFields) =>
      seen(counts).toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
    expect(inOrder(countOf(flat, texts)), seedNote).toEqual(inOrder(countOf(flat, escaped)))
    expect(countOf(flat, texts).fields.length, seedNote).toBe(5)
  })
})
