import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import {
  binary,
  date,
  decimal,
  defineStream,
  double,
  int,
  long,
  patternSampler,
  timestamp,
  timestampNtz,
} from '../../../shared/contract/index.js'
import { SyntheticEvents, syntheticGenerator } from '../../../shared/sources/synthetic/syntheticEvents.js'
import { streams } from '../../harness/threeStreams/index.js'
import { Random, seedNote, testSeed as seed } from '../../random.js'

const roles = { eventTime: 'at', allowedLateness: '10 minutes', dedupeWithin: '1 day' } as const
const wide = defineStream({
  name: 'wide',
  topic: 'wide',
  schema: z.object({
    id: int(),
    at: timestamp(),
    epoch: timestamp({ epoch: 'seconds' }),
    big: long().min(9_007_199_254_740_993n),
    price: decimal(4, 3).max(2_000n),
    even: z.int().multipleOf(2).min(3).max(9),
    literal: z.literal('x'),
    template: z.templateLiteral(['v', z.int(), '.', z.enum(['a', 'b'])]),
    local: timestampNtz().default(5n),
    day: date(),
    bytes: binary(),
    code: z.string().length(12).nullable(),
    address: z.ipv4(),
    padded: z.string().min(200),
    list: z.array(z.array(double())).length(2),
  }),
  key: 'id',
  ...roles,
})

describe('events drawn from a contract', () => {
  test.each([...streams, wide].map(stream => [stream.name, stream] as const))(
    '%s: what is sent is what is expected of it',
    (_, stream) => {
      const made = syntheticGenerator(stream)
      if (made.kind === 'none') throw new Error(made.why)
      const options = {
        seed,
        duplicates: 5,
        late: 5,
        broken: 12,
        tombstones: 2,
        allowedLatenessMs: stream.allowedLatenessMs,
        dedupeWithinMs: stream.dedupeWithinMs,
      }
      const events = new SyntheticEvents(options, made.generator)
      const records = events.take(3_000)
      let broken = 0
      const keys: string[] = []
      let late = 0
      for (const { key, value, timestamp: time = 0 } of records) {
        if (value === null) continue
        const outcome = stream.parse(value, time)
        if (!outcome.valid) {
          broken++
          continue
        }
        keys.push(Buffer.from(key ?? []).toString())
        const at = outcome.row[stream.eventTime] as bigint
        if (BigInt(time) * 1000n - at > BigInt(stream.allowedLatenessMs) * 1000n) late++
      }
      const { expected } = events
      expect({ valid: keys.length, distinct: new Set(keys).size, late, broken }).toEqual({
        valid: expected.valid,
        distinct: expected.distinct,
        late: expected.late,
        broken: Object.values(expected.broken).reduce((a, b) => a + b, 0),
      })
      for (const count of [expected.late, expected.duplicates, expected.tombstones, broken])
        expect(count).toBeGreaterThan(0)
      expect(Object.keys(expected.broken)).toEqual(
        expect.arrayContaining(['notJson', 'missingField', 'badType', 'futureTime', 'notUtf8']),
      )
      const again = syntheticGenerator(stream)
      if (again.kind === 'generator') expect(new SyntheticEvents(options, again.generator).take(3_000)).toEqual(records)
    },
  )

  test('a contract that nothing drawn fulfils is reported, with the field; so is one with a decoder of its own', () => {
    const never = defineStream({
      name: 'never',
      topic: 'never',
      schema: z.object({ id: z.string().refine(() => false, 'never so'), at: timestamp() }),
      key: 'id',
      ...roles,
    })
    expect(syntheticGenerator(never)).toEqual({
      kind: 'none',
      why: 'none of 2000 events drawn for never fulfils its contract (id: never so)',
    })
    const decode = () => {
      throw new Error('not Avro')
    }
    const avro = defineStream({
      name: 'avro',
      topic: 'avro',
      schema: z.object({ id: z.string(), at: timestamp() }),
      key: 'id',
      ...roles,
      decode,
    })
    expect(syntheticGenerator(avro)).toMatchObject({ kind: 'none', why: expect.stringContaining('not Avro') as string })
  })

  test.each(['confluent-avro', 'confluent-protobuf', 'confluent-json-schema', { avro: '"string"' }] as const)(
    'a stream of %j gets no events: JSON would be nothing but rejected records',
    format => {
      const schema = z.object({ id: z.string(), at: timestamp() })
      const framed = defineStream({ name: 'framed', topic: 'framed', schema, key: 'id', ...roles, format })
      const why = `its values are ${typeof format === 'string' ? format : 'avro'}, and synthetic events are JSON`
      expect(syntheticGenerator(framed)).toEqual({ kind: 'none', why })
    },
  )

  test('a key of few values: what is repeated counts as repeated', () => {
    const stream = defineStream({
      name: 'few',
      topic: 'few',
      schema: z.object({ id: z.enum(['a', 'b', 'c']), at: timestamp() }),
      key: 'id',
      ...roles,
    })
    const made = syntheticGenerator(stream)
    if (made.kind === 'none') throw new Error(made.why)
    const events = new SyntheticEvents({ seed, late: 0, broken: 0, tombstones: 0, duplicates: 0 }, made.generator)
    events.take(100)
    expect(events.expected).toMatchObject({ valid: 100, distinct: 3, duplicates: 97 })
  })
})

describe('patterns', () => {
  test.each([
    /^ORD-\d{4}-[A-Z]{2}$/,
    /^(?:a|bc?)+x*$/,
    /^[^\s"]{3,5}\.\w+$/,
    /^(?<year>20\d\d)-[-_.]\x41$/,
    /^\u00e9?[\d-]{2}$/,
  ])('%s: what is drawn matches', pattern => {
    const source = new Random()
    const random = () => source.next()
    const sample = patternSampler(pattern)
    for (let i = 0; i < 200; i++) expect(sample?.(random), seedNote).toMatch(pattern)
  })

  test('what is not known is not guessed', () => {
    expect([/(a)\1/, /\p{L}/u].map(patternSampler)).toEqual([undefined, undefined])
  })
})
