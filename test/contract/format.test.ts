import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import {
  DecodedTime,
  defineStream,
  double,
  int,
  long,
  type StreamFormat,
  timestamp,
  timestampNtz,
} from '../../shared/contract/index.js'

const declare = (more: object) =>
  defineStream({
    name: 's',
    topic: 's',
    schema: z.object({ id: z.string(), at: timestamp() }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '1 minute',
    dedupeWithin: '1 minute',
    ...more,
  })

describe('a declared format', () => {
  test('is JSON as text unless it is named; everything else is bytes', () => {
    expect(declare({})).toMatchObject({ format: 'json', dataType: 'string' })
    for (const format of [
      'confluent-avro',
      'confluent-protobuf',
      'confluent-json-schema',
      { avro: 'string' },
    ] as StreamFormat[])
      expect(declare({ format })).toMatchObject({ format, dataType: 'binary' })
  })

  test.each([
    [{ format: 'avro' }, 'format is none of json, confluent-json-schema'],
    [{ format: {} }, 'format is none of'],
    [{ format: 'confluent-avro', dataType: 'string' }, 'would not keep the bytes'],
    [{ format: 'confluent-avro', decode: () => ({}) }, 'a format and a decoder'],
  ])('%j is refused', (more, why) => {
    expect(() => declare(more)).toThrow(why)
  })
})

describe('what other formats have and JSON has not', () => {
  const stream = defineStream({
    name: 's',
    topic: 's',
    schema: z.object({
      id: z.string(),
      at: timestamp(),
      local: timestampNtz().optional(),
      big: long().optional(),
      small: int().optional(),
      real: double().optional(),
      number: z.number().optional(),
      object: z.object({ a: z.string().optional() }).optional(),
      map: z.record(z.string(), z.string()).optional(),
    }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '1 minute',
    dedupeWithin: '1 minute',
  })
  const at = new DecodedTime(1_743_529_077_123_456n)
  const validate = (more: object) => stream.validate({ id: 'a', at, ...more }, 1_743_529_077_123)

  test('times, whole numbers of any size and nulls are validated as JSON is', () => {
    const outcome = validate({
      big: 2n ** 63n - 1n,
      small: 7,
      real: 2n ** 60n,
      number: 3n,
      local: new DecodedTime(5n, true),
    })
    expect(outcome).toMatchObject({
      valid: true,
      row: { at: 1_743_529_077_123_456n, big: 2n ** 63n - 1n, real: 2 ** 60, number: 3, local: 5n },
    })
  })

  test.each([
    ['a time for a number', { big: at }, 'big', 'found a timestamp, expected a 64-bit whole number'],
    ['a time without a zone for one with', { at: new DecodedTime(5n, true) }, 'at', 'found a time without a zone'],
    ['a time with a zone for one without', { local: at }, 'local', 'found a timestamp'],
    ['more than 32 bits', { small: 2n ** 40n }, 'small', 'found the number 1099511627776'],
    ['bytes for an object', { object: new Uint8Array(3) }, 'object', 'found 3 bytes'],
    ['a time for a map', { map: at }, 'map', 'found a timestamp'],
    ['a year that no table has', { at: new DecodedTime(2n ** 62n) }, 'at', 'the years 0001 to 9999'],
  ])('%s is rejected with what was found', (_, more, path, message) => {
    expect(validate(more)).toMatchObject({
      valid: false,
      rejection: { path, message: expect.stringContaining(message) as string },
    })
  })
})
