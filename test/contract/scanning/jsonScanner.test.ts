import { expect, test } from 'vitest'
import { z } from 'zod'

import {
  decimal,
  defineStream,
  double,
  float,
  int,
  long,
  type Stream,
  timestamp,
} from '../../../shared/contract/index.js'
import { JsonScanner } from '../../../shared/contract/scanning/index.js'
import { Random, seedNote } from '../../random.js'

const base = {
  name: 'odd',
  topic: 'odd',
  key: 'id',
  eventTime: 'at',
  allowedLateness: '1 hour',
  dedupeWithin: '1 day',
} as const

const streams: Readonly<Record<string, Stream>> = {
  plain: defineStream({
    ...base,
    schema: z.object({ id: z.string().min(1), at: timestamp(), value: double(), n: int() }),
    expectations: { positive: e => e.value > -100 && e.id !== 'x', 'n is small': e => e.n < 1_000_000 },
  }),
  optional: defineStream({
    ...base,
    schema: z.object({
      id: z.string().min(2).max(40),
      at: timestamp(),
      größe: z.string().nullable(),
      note: z.string().max(5).optional(),
      value: double().nullish(),
      kind: z.enum(['a', 'b']).default('a'),
      flag: z.boolean().optional(),
    }),
    where: e => e.flag !== false,
    expectations: { noted: e => e.note !== 'no' },
  }),
  exact: defineStream({
    ...base,
    schema: z.object({
      id: long(),
      at: timestamp(),
      value: double(),
      price: decimal(12, 2).optional(),
      f: float().optional(),
      size: z.number().min(1).optional(),
      mail: z.string().trim().optional(),
    }),
  }),
  strict: defineStream({
    ...base,
    schema: z
      .strictObject({ id: z.string(), at: timestamp({ epoch: 'seconds' }).optional(), value: double() })
      .extend({ at: timestamp() }),
  }),
  aliases: defineStream({
    ...base,
    schema: z.object({
      id: z.string(),
      at: timestamp(),
      value: double()
        .meta({ aliases: ['amount'] })
        .optional(),
    }),
  }),
}

const now = Date.UTC(2026, 2, 1, 12)

const times = [
  '2026-02-28T23:59:59Z', '2026-02-29T00:00:00Z', '2024-02-29T00:00:00.5Z', '2025-04-01T17:37:57.000Z', '2025-04-01T17:37:57.123456Z',
  '2025-04-01T17:37:57.1234567Z', '2025-04-01T17:37:57.', '2025-04-01T17:37:57.Z', '2025-04-01 17:37:57Z', '2025-04-01T17:37:57+02:00',
  '2025-04-31T00:00:00Z', '2025-13-01T00:00:00Z', '2025-00-10T00:00:00Z', '2025-01-00T00:00:00Z', '2025-01-01T24:00:00Z', '2025-01-01T00:60:00Z',
  '1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00Z', '2000-02-29T12:00:00Z', '2100-02-29T12:00:00Z', '2026-03-01T12:59:59.999Z',
  '2026-03-01T13:00:00.001Z', '9999-12-31T23:59:59Z', '2025-04-01T17:37Z', '2025-04-01', '2025-04-0éT17:37:57Z', 'x', '',
] // prettier-ignore
const scalars = [
  '1', '0', '-0', '00', '01', '-1', '1.5', '0.1', '-0.000001', '.5', '5.', '1e3', '1E-2', '123456789012345', '1234567890123456', '9007199254740993',
  '0.1234567890123456789', '123.456', '1.10', '2147483647', '2147483648', '-2147483648', '99999999999999999999999', 'true', 'false', 'null', 'nul',
  'NaN', '[]', '{}', '[1]', '"1"', '"-0"', '"1.5"', '"007"', '"1e3"', '"NaN"', '""', '" 1"', '"x"', '"no"', '"a"', '"b"', '"abcdef"', '"é"', '"ééé"',
  '"größer"', '"😀😀"', '"a\\n"', '"\\u0041"', '"\\ud800"', '"a\u0001"', '"a\u007f"', '" spaced "', '"123456789012345678"', '"2147483648"',
] // prettier-ignore
const names = ['id', 'at', 'value', 'n', 'größe', 'note', 'kind', 'flag', 'price', 'f', 'size', 'mail', 'amount', 'extra', '__proto__', 'constructor', 'i\\u0064'] // prettier-ignore

/** An event of the stream's fields, of values that mostly fit, and then with a few bytes changed. */
function drawn(random: Random, stream: Stream): Buffer {
  const blank = () => random.pick(['', '', '', '', ' ', '\n', '\t', ' \r\n'])
  const usual = stream.columns.map(({ name }) => name)
  const chosen = usual.filter(() => random.below(12) > 0)
  if (random.below(6) === 0) chosen.push(random.pick(names))
  if (random.below(3) === 0) chosen.sort(() => random.next() - 0.5)
  const fields = chosen.map(name => {
    const type = stream.columns.find(column => column.name === name)?.type
    const fitting =
      name === 'at'
        ? `"${random.below(8) === 0 ? random.pick(times) : new Date(now - random.below(1e10)).toISOString()}"`
        : random.below(4) === 0
          ? random.pick(scalars)
          : type === 'string'
            ? random.pick(name === 'kind' ? ['"a"', '"b"'] : ['"id"', '"größe"', '"x y"', '"no"'])
            : type === 'boolean'
              ? random.pick(['true', 'false'])
              : random.pick(['7', '1', '"12"', '250', '-3', type === 'integer' || type === 'long' ? '0' : '1.25'])
    return `${blank()}"${name}"${blank()}:${blank()}${random.below(40) === 0 ? random.pick(scalars) : fitting}${blank()}`
  })
  let bytes = Buffer.from(`${blank()}{${fields.join(',')}}${blank()}`)
  for (let edits = random.below(4) === 0 ? 1 + random.below(2) : 0; edits > 0; edits--) {
    const at = random.below(bytes.length + 1)
    const put = random.pick([[], [0xff], [0xc3], [0x22], [0x5c], [0x2c], [0x7d], [0x30], [0], [0xa9]])
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + random.below(2))])
  }
  return bytes
}

/** What the scanner has of the event it took, as a row. */
function rowOf(scanner: JsonScanner, bytes: Buffer): Record<string, unknown> {
  const value = (n: number) => {
    if (scanner.there[n] === 0) return null
    const number = scanner.numbers[n] as number
    switch (scanner.fields[n]?.mode) {
      case 'text':
        return bytes.toString('utf8', scanner.starts[n], scanner.ends[n])
      case 'micros':
      case 'long':
        return BigInt(number)
      case 'int':
        return number | 0
      case 'double':
        return number
      default:
        return scanner.values[n]
    }
  }
  return Object.fromEntries(scanner.fields.map(({ name }, n) => [name, value(n)]))
}

test.each(Object.entries(streams))('an event that is taken is the one that parse takes (%s)', (_, stream) => {
  const random = new Random()
  const scanner = JsonScanner.of(stream)
  if (scanner === undefined) throw new Error('no scanner')
  let [taken, left] = [0, 0]
  for (let n = 0; n < 4_000; n++) {
    const bytes = drawn(random, stream)
    // What lies around it in a batch must not matter.
    const before = Buffer.from(random.pick(['', '{', '"', '9']))
    const body = Buffer.concat([before, bytes, Buffer.from(random.pick(['', '}', '0}', '"}', ' ', 'é', '{"id":"x"}']))])
    const kafkaTimestamp = random.pick([now, now - 1e10, -1, 4e12, null])
    const outcome = stream.parse(bytes, kafkaTimestamp, now)
    const isTaken = scanner.scan(body, before.length, before.length + bytes.length, kafkaTimestamp, now)
    const note = `${seedNote}: ${bytes.toString('latin1')}`
    if (!isTaken) {
      if (outcome.valid) left++
      continue
    }
    taken++
    expect(outcome.valid && outcome.warnings === undefined, note).toBe(true)
    const row = outcome.valid ? outcome.row : {}
    const wanted = Object.fromEntries(stream.columns.map(({ name }) => [name, row[name] ?? null]))
    expect(rowOf(scanner, body), note).toStrictEqual(wanted)
  }
  expect(taken, seedNote).toBeGreaterThan(50)
  expect(left, `${seedNote}: only the odd ones are left to parse`).toBeLessThan(taken * 4)
})

test.each([
  [
    'a nested contract',
    defineStream({ ...base, schema: z.object({ id: z.string(), at: timestamp(), in: z.object({ a: int() }) }) }),
  ],
  [
    'a decoder of its own',
    defineStream({ ...base, schema: z.object({ id: z.string(), at: timestamp() }), decode: bytes => bytes }),
  ],
  [
    'checks of the whole',
    defineStream({ ...base, schema: z.object({ id: z.string(), at: timestamp() }).refine(() => true) }),
  ],
  [
    'times that are numbers',
    defineStream({ ...base, schema: z.object({ id: z.string(), at: timestamp({ epoch: 'seconds' }) }) }),
  ],
  ['another parse', { ...(streams['plain'] as Stream), parse: () => ({ valid: true, row: {} }) as const }],
] as const)('there is none for %s', (_, stream) => {
  expect(JsonScanner.of(stream)).toBeUndefined()
})

const seen: unknown[] = []
test.each<[string, (e: { id: string; n: number }) => boolean]>([
  ['keeps the event', e => seen.push(e) > 0],
  ['looks at what the event has', e => Object.keys(e).length > 2],
  ['spreads it', e => ({ ...e }).n > 0],
  ['takes it apart', ({ n }) => n > 0],
  ['changes it', e => (e.n = Number(e.id)) > 0],
  ['counts in it', e => e.n++ > 0],
  ['is a function with this and arguments', function (e) { return arguments.length > 1 && e.n > 0 }], // prettier-ignore
  ['reads by a computed name', e => e[['n'][0] as 'n'] > 0],
  ['is bound', ((e: { n: number }) => e.n > 0).bind(undefined)],
])('there is none where an expectation %s', (_, holds) => {
  const schema = z.object({ id: z.string(), at: timestamp(), n: int() })
  expect(JsonScanner.of(defineStream({ ...base, schema, expectations: { holds } }))).toBeUndefined()
})
