import { z } from 'zod'

import {
  binary,
  date,
  decimal,
  defineStream,
  double,
  float,
  int,
  long,
  timestamp,
  timestampNtz,
} from '../../shared/contract/index.js'
import type { ProducedRecord } from '../../shared/sources/index.js'
import { events } from '../harness/sampleStream/events.js'

/** 2025-04-01T00:00:00Z, milliseconds. */
export const day0 = Date.UTC(2025, 3, 1)

const common = {
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

/** The shipped stream after a release that added a field. */
export const eventsWithSource = defineStream({
  ...common,
  name: events.name,
  topic: events.topic,
  schema: z.object({
    event_id: z.string().min(1),
    event_type: z.string().min(1),
    timestamp: timestamp(),
    value: double(),
    source: z.string().nullable().optional(),
  }),
  clusterBy: ['event_type', 'timestamp'],
})

const point = z.object({ x: double(), label: z.string().optional(), at: timestamp().optional() })

/** Every type a contract can have that tables of the lowest protocol hold. */
export const readings = defineStream({
  ...common,
  name: 'readings',
  topic: 'readings',
  schema: z.object({
    event_id: z.string(),
    timestamp: timestamp(),
    text: z.string(),
    maybe_text: z.string().nullable(),
    count: long(),
    maybe_count: long().optional(),
    small: int(),
    ratio: double(),
    maybe_ratio: double().optional(),
    single: float(),
    flag: z.boolean(),
    price: decimal(10, 2),
    wide: decimal(38, 18).optional(),
    day: date(),
    seen: timestamp().optional(),
    bytes: binary(),
    place: point,
    maybe_place: point.nullable().optional(),
    tags: z.array(z.string()),
    holed: z.array(z.string().nullable()).optional(),
    marks: z.record(z.string(), long()),
    path: z.array(point).optional(),
    deep: z
      .record(z.string(), z.array(z.object({ p: decimal(12, 3), inner: z.record(z.string(), date()).optional() })))
      .optional(),
  }),
  clusterBy: ['count', 'timestamp'],
})

/** Wall-clock times need a table feature of their own, so they have tables of their own. */
export const wallClocks = defineStream({
  ...common,
  name: 'wall_clocks',
  topic: 'wall_clocks',
  schema: z.object({
    event_id: z.string(),
    timestamp: timestamp(),
    local: timestampNtz(),
    maybe_local: timestampNtz().optional(),
  }),
})

const record = (value: unknown, more: Partial<ProducedRecord> = {}): ProducedRecord => ({
  key: null,
  value: typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value)),
  timestamp: day0 + 60_000,
  ...more,
})

const event = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  event_id: id,
  event_type: 'click',
  timestamp: new Date(day0).toISOString(),
  value: '1984',
  ...more,
})

/** What a real topic holds: good, doubled, late, broken in every way, deleted, with and without keys and headers. */
export const eventRecords: readonly ProducedRecord[] = [
  ...Array.from({ length: 60 }, (_, n) =>
    record(
      event(`e${n}`, {
        event_type: ['click', 'view', 'buy'][n % 3],
        timestamp: new Date(day0 - n * 3_600_000).toISOString(),
        value: n / 7,
      }),
      {
        timestamp: day0 - n * 3_600_000 + 1_000,
      },
    ),
  ),
  record(event('e1', { timestamp: new Date(day0 - 3_600_000).toISOString() }), { key: Buffer.from('again') }),
  record(event('late', { timestamp: new Date(day0 - 7_200_000).toISOString() })),
  record(event('before 1970', { timestamp: '1969-12-31T23:59:59.999999Z' })),
  record(event('😀 "quoted"\n\\ \u0000 né', { event_type: '🦄'.repeat(40) })),
  record(event('keys', { value: -0.5 }), { key: Buffer.from([0, 255, 128, 10]) }),
  record(event('empty key'), { key: Buffer.alloc(0) }),
  record(event('headers'), {
    headers: [
      ['trace', Buffer.from([0xff, 0x00])],
      ['trace', Buffer.from('two')],
      ['null', null],
    ],
  }),
  record('not json'),
  record('{"event_id":'),
  record('', {}),
  record('[]'),
  record(event('', {})),
  record(event('no number', { value: 'many' })),
  record(event('infinite', { value: 'Infinity' })),
  record(event('future', { timestamp: '2099-01-01T00:00:00Z' })),
  { key: Buffer.from('e1'), value: Buffer.from([0xc3, 0x28, 0xff]), timestamp: day0 },
  { key: Buffer.from('e2'), value: null, timestamp: day0 },
]

/** Records of the later release: some have the new field, some are of producers that do not know it yet. */
export const laterRecords: readonly ProducedRecord[] = [
  record(event('n1', { source: 'web' })),
  record(event('n2', { source: null })),
  record(event('n3')),
  record(event('e1', { source: 'again', timestamp: new Date(day0 - 3_600_000).toISOString() })),
]

const reading = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  event_id: id,
  timestamp: '2025-04-01T00:00:00.123456Z',
  text: '',
  maybe_text: null,
  count: 0,
  small: 0,
  ratio: 0,
  single: 0,
  flag: false,
  price: '0.00',
  day: '1970-01-01',
  bytes: '',
  place: { x: 0 },
  tags: [],
  marks: {},
  ...more,
})

/** The ends of every type's range, and what lies near them. */
export const readingRecords: readonly ProducedRecord[] = [
  reading('zero'),
  reading('largest', {
    text: 'ÿ'.repeat(40),
    maybe_text: '😀',
    count: '9223372036854775807',
    maybe_count: '9007199254740993',
    small: 2147483647,
    ratio: 1.7976931348623157e308,
    single: 3.4028234663852886e38,
    flag: true,
    price: '99999999.99',
    wide: '99999999999999999999.999999999999999999',
    day: '9999-12-31',
    seen: '9999-12-31T23:59:59.999999Z',
    bytes: '/wB/',
    place: { x: 1e20, label: 'far', at: '2025-04-01T02:00:00+02:00' },
    maybe_place: { x: -1 },
    tags: ['a', '', 'ü'],
    holed: [null, 'x', null],
    marks: { a: '9223372036854775807', '': -1 },
    path: [{ x: 1, label: 'one' }, { x: 2 }],
    deep: { k: [{ p: '123456789.125', inner: { d: '2000-02-29' } }, { p: -1 }], none: [] },
  }),
  reading('smallest', {
    text: '\u0001',
    count: '-9223372036854775808',
    maybe_count: -1,
    small: -2147483648,
    ratio: -1.7976931348623157e308,
    maybe_ratio: 5e-324,
    single: 1.401298464324817e-45,
    price: '-99999999.99',
    wide: '-0.000000000000000001',
    day: '0001-01-01',
    seen: '0001-01-01T00:00:00Z',
    bytes: 'AA==',
    maybe_place: null,
    holed: [],
    path: [],
    deep: {},
  }),
  reading('not a number', { ratio: 'NaN', maybe_ratio: 'NaN', single: 'NaN', place: { x: 'NaN' } }),
  reading('infinite', { ratio: 'Infinity', maybe_ratio: '-Infinity', single: '-Infinity', place: { x: 'Infinity' } }),
  reading('negative zero', { ratio: '-0.0', maybe_ratio: '-0.0', single: '-0.0', place: { x: '-0.0' } }),
  reading('before the Gregorian calendar', { day: '1582-10-04', seen: '1582-10-04T12:34:56.000001Z' }),
  reading('before 1900', { day: '1899-12-31', seen: '1883-11-18T12:03:57.9Z' }),
  reading('broken', { small: 2147483648 }),
].map(value => record(value))

export const wallClockRecords: readonly ProducedRecord[] = [
  { local: '2025-03-30T02:30:00' },
  { local: '0001-01-01T00:00:00', maybe_local: '9999-12-31T23:59:59.999999' },
  { local: '1969-12-31T23:59:59.999999', maybe_local: '1582-10-10T00:00:00' },
].map((more, n) => record({ event_id: `w${n}`, timestamp: '2025-04-01T00:00:00Z', ...more }))
