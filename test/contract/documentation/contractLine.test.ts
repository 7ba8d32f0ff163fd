import { expect, test } from 'vitest'
import { z } from 'zod'

import { contractLine, fieldText, outermostFields } from '../../../shared/contract/documentation/index.js'
import {
  binary,
  defineStream,
  double,
  long,
  timestamp,
  timestampNtz,
  UndeclaredCounter,
  type UndeclaredField,
} from '../../../shared/contract/index.js'

const timeMs = Date.UTC(2025, 3, 1)
const at = new Date(timeMs).toISOString()
const schema = z.object({
  id: z.string(),
  at: timestamp(),
  payload: z.object({ size: z.number().optional() }).optional(),
})
const streamOf = (shape: z.ZodObject) =>
  defineStream({
    name: 's',
    topic: 's',
    schema: shape as typeof schema,
    key: 'id',
    eventTime: 'at',
    allowedLateness: '1 minute',
    dedupeWithin: '1 day',
  })
const stream = streamOf(schema)

function linesOf(...values: readonly object[]): Record<string, string | undefined> {
  const counter = new UndeclaredCounter(stream.fields)
  for (const value of values)
    stream.parse(Buffer.from(JSON.stringify({ id: 'a', at, ...value })), timeMs, timeMs, counter)
  const { fields } = counter.counts
  return Object.fromEntries(
    outermostFields(fields).map(field => {
      const { line, why } = contractLine(field, fields, stream.fields)
      return [fieldText(field.path), line ?? `-- ${why}`]
    }),
  )
}

const builders = { z, binary, double, long, timestamp, timestampNtz }

/** The contract with a line written into it. */
function withLine(line: string): ReturnType<typeof streamOf> {
  const made = Reflect.construct(Function, [...Object.keys(builders), `return { ${line} }`]) as (
    ...args: unknown[]
  ) => z.core.$ZodLooseShape
  return streamOf(schema.extend(made(...Object.values(builders))))
}

test('a line is the narrowest type that takes what was seen, and the contract with it takes the records', () => {
  const records = [
    {
      country: 'se',
      size: 1,
      ratio: 1,
      ok: true,
      when: at,
      mixed: at,
      geo: { lat: 1.5, city: null },
      tags: ['a'],
      rows: [{ n: 1 }, null],
      big: 12,
    },
    {
      country: null,
      size: 2,
      ratio: 1.5,
      ok: false,
      when: at,
      mixed: 'soon',
      geo: { city: 'Lund', 'a b': 1 },
      tags: [],
      rows: [],
      big: 2 ** 60,
    },
  ]
  const lines = linesOf(...records)
  expect(lines).toEqual({
    country: 'country: z.string().nullish()',
    size: 'size: long().optional()',
    ratio: 'ratio: double().optional()',
    ok: 'ok: z.boolean().optional()',
    when: 'when: timestamp().optional()',
    mixed: 'mixed: z.string().optional()',
    geo: 'geo: z.object({ lat: double().optional(), city: z.string().nullish() }).optional()',
    tags: 'tags: z.array(z.string()).optional()',
    rows: 'rows: z.array(z.object({ n: long().optional() }).nullable()).optional()',
    big: 'big: double().optional()',
  })
  const extended = withLine(Object.values(lines).join(', '))
  for (const record of records) {
    const counter = new UndeclaredCounter(extended.fields)
    expect(
      extended.parse(Buffer.from(JSON.stringify({ id: 'a', at, ...record })), timeMs, timeMs, counter),
    ).toMatchObject({ valid: true })
    // What a table can have no column for stays undeclared, and is told with the reason.
    expect(counter.counts.fields.map(({ path }) => fieldText(path)).filter(path => path !== 'geo["a b"]')).toEqual([])
  }
})

test('of a field inside a declared one the path says where the line belongs', () => {
  expect(linesOf({ payload: { size: 1, unit: 'kg' } })).toEqual({ 'payload.unit': 'unit: z.string().optional()' })
})

test('where there can be no line it is said why', () => {
  const whys = linesOf({
    nothing: null,
    both: 1,
    empty: [],
    bare: {},
    nothings: [null],
    'a b': 1,
    _own: 1,
    score: 1,
    Id: 1,
    ['__proto__']: 1,
    ['long'.repeat(30)]: 1,
  })
  expect(linesOf({ both: 1 }, { both: 'x' })).toEqual({ both: "-- no column's type takes whole numbers and text" })
  expect(linesOf({ both: [1] }, { both: { a: 1 } })).toEqual({ both: "-- no column's type takes objects and arrays" })
  expect(whys).toMatchObject({
    nothing: '-- nothing but null was seen in it',
    empty: '-- nothing is known of the items of its arrays',
    nothings: '-- in its arrays, nothing but null was seen in it',
    bare: '-- nothing is known of the fields of its objects',
    '["a b"]': expect.stringContaining('cannot have blanks') as string,
    _own: expect.stringContaining("the pipeline's own") as string,
    score: expect.stringContaining('gold tables') as string,
    Id: expect.stringContaining('differs from "id" only in case') as string,
  })
  expect(Object.values(whys).filter(line => line?.includes('too long'))).toHaveLength(1)
})

test('kinds that only formats with types of their own have', () => {
  const lineOf = (...kinds: UndeclaredField['kinds']) => {
    const field = { path: ['f'], records: 1, kinds }
    return contractLine(field, [field], stream.fields).line
  }
  expect(lineOf('bytes')).toBe('f: binary().optional()')
  expect(lineOf('localTime')).toBe('f: timestampNtz().optional()')
  expect(lineOf('null', 'whole', 'number')).toBe('f: double().nullish()')
})
