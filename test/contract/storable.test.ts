import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream } from '../../shared/contract/defineStream.js'
import { date, timestamp } from '../../shared/contract/fieldTypes.js'
import type { ParseOutcome } from '../../shared/contract/stream.js'

const noon = Date.UTC(2025, 3, 1, 12)
const at = '"at":"2025-04-01T12:00:00Z"'

function streamOf(shape: z.core.$ZodLooseShape, decode?: (value: Uint8Array) => unknown) {
  return defineStream({
    name: 'clicks',
    topic: 'clicks',
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    schema: z.object({ id: z.string(), at: timestamp(), ...shape }),
    ...(decode === undefined ? {} : { decode }),
  })
}

function parse(shape: z.core.$ZodLooseShape, json: string): ParseOutcome {
  return streamOf(shape).parse(Buffer.from(json), noon)
}

const rejectedAt = (path: string) => ({
  valid: false,
  rejection: { code: 'FIELD_VALUE', path, message: expect.stringContaining('surrogate') as string },
})

describe('half of a surrogate pair, which would be stored as U+FFFD', () => {
  test('in a key is rejected, so that two keys do not become one', () => {
    for (const half of ['\\ud800', '\\udfff', 'a\\ud83d', '\\ude00\\ud83d'])
      expect(parse({}, `{"id":"${half}",${at}}`), half).toMatchObject(rejectedAt('id'))
    expect(parse({}, `{"id":"\\ud83d\\ude00",${at}}`)).toMatchObject({ valid: true, row: { id: '😀' } })
    expect(parse({}, `{"id":"\ufffd",${at}}`)).toMatchObject({ valid: true, row: { id: '\ufffd' } })
  })

  test.each<[string, z.core.$ZodLooseShape, string, string]>([
    ['a text', { f: z.string().optional() }, '"\\ud800"', 'f'],
    ['a nullable text with checks', { f: z.string().min(1).nullable() }, '"x\\udc00"', 'f'],
    ['a choice', { f: z.enum(['\ud800', 'b']) }, '"\\ud800"', 'f'],
    ['a text inside an object', { f: z.object({ x: z.string() }) }, '{"x":"\\ud800"}', 'f.x'],
    ['a text of an array', { f: z.array(z.string()) }, '["a","\\ud800"]', 'f[1]'],
    ['a key of a map', { f: z.record(z.string(), z.number()) }, '{"a":1,"\\ud800":2}', 'f.\ud800'],
    ['a value of a map', { f: z.record(z.string(), z.array(z.string())) }, '{"a":["\\ud800"]}', 'f.a[0]'],
    ['a text that a check cuts', { f: z.string().overwrite(text => text.slice(0, 2)) }, '"a\\ud83d\\ude00"', 'f'],
    [
      'a text that a check of its wrapper puts there',
      {
        f: z
          .string()
          .optional()
          .overwrite(() => '\udc00'),
      },
      '"a"',
      'f',
    ],
  ])('in %s', (_, shape, json, path) => {
    expect(parse(shape, `{"id":"1",${at},"f":${json}}`)).toMatchObject(rejectedAt(path))
  })

  test('in a default', () => {
    expect(parse({ f: z.array(z.string()).default(['a', '\ud800']) }, `{"id":"1",${at}}`)).toMatchObject(
      rejectedAt('f[1]'),
    )
  })

  test('from a decoder of its own', () => {
    const stream = streamOf({ f: z.record(z.string(), z.string()) }, () => ({
      id: '1',
      at: new Date(noon),
      f: { '\udc00': 'x' },
    }))
    expect(stream.parse(new Uint8Array(), noon)).toMatchObject(rejectedAt('f.\udc00'))
  })

  test('in a field that the contract lacks does not matter', () => {
    expect(parse({}, `{"id":"1",${at},"other":"\\ud800"}`)).toMatchObject({ valid: true })
  })
})

test('a day or time that a default or a check puts outside the years 0001 to 9999 is rejected', () => {
  const shape = {
    d: date().default(2_932_897),
    t: timestamp()
      .overwrite(() => -(2n ** 62n))
      .optional(),
  }
  expect(parse(shape, `{"id":"1",${at}}`)).toMatchObject({ valid: false, rejection: { path: 'd' } })
  expect(parse(shape, `{"id":"1",${at},"d":"9999-12-31","t":"2025-04-01T12:00:00Z"}`)).toMatchObject({
    rejection: { code: 'FIELD_VALUE', path: 't' },
  })
})
