import { z } from 'zod'

import { defineStream, double, int, long, type Stream, timestamp } from '../../shared/contract/index.js'
import type { ProducedRecord } from '../../shared/sources/index.js'
import { uuidOf } from '../../shared/sources/synthetic/index.js'
import { events } from '../harness/sampleStream/events.js'

/** Events of one shape: how many of a million rows are measured, since large ones take long, and how each is made. */
export interface BronzeLoad {
  readonly name: string
  readonly stream: Stream
  readonly share: number
  event(id: number): unknown
}

const common = {
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const
const base = { event_id: z.string().min(1), event_type: z.string().min(1), timestamp: timestamp(), value: double() }

/** One type in five is not ASCII. */
const types = ['click', 'view', 'purchase', 'sign_up', 'größe_gewählt'] as const

const texts = Array.from({ length: 14 }, (_, i) => `text_${i}`)
const numbers = Array.from({ length: 6 }, (_, i) => `number_${i}`)
const wide = z.object({
  ...base,
  ...Object.fromEntries(texts.map(name => [name, z.string()])),
  ...Object.fromEntries(numbers.map(name => [name, int()])),
})

/** The loads of the benchmark of bronze, the sample stream's first. */
export const bronzeLoads: readonly BronzeLoad[] = [
  { name: 'flat', stream: events, share: 1, event: flatEvent },
  {
    name: 'nested',
    stream: defineStream({
      ...common,
      name: 'nested',
      topic: 'nested',
      schema: z.object({
        ...base,
        user: z.object({ id: long(), name: z.string() }),
        items: z.array(z.object({ sku: z.string(), quantity: int() })),
      }),
    }),
    share: 0.5,
    event: id => ({
      ...flatEvent(id),
      user: { id, name: `user ${id % 1_000}` },
      items: Array.from({ length: 1 + (id % 3) }, (_, i) => ({ sku: `sku-${(id * 7 + i) % 5_000}`, quantity: i + 1 })),
    }),
  },
  {
    name: '1 KB',
    stream: defineStream({ ...common, name: 'wide', topic: 'wide', schema: wide }),
    share: 0.2,
    event: wideEvent,
  },
  {
    name: '10 KB',
    stream: defineStream({
      ...common,
      name: 'long',
      topic: 'long',
      schema: z.object({ ...wide.shape, body: z.string() }),
    }),
    share: 0.05,
    event: id => ({ ...wideEvent(id), body: Array.from({ length: 250 }, (_, i) => uuidOf(id * 250 + i)).join(' ') }),
  },
]

/** Event `id` of a load as a record. */
export function recordOf(load: BronzeLoad, id: number): ProducedRecord {
  return { key: Buffer.from(uuidOf(id)), value: Buffer.from(JSON.stringify(load.event(id))) }
}

function flatEvent(id: number): Readonly<Record<string, string>> {
  return {
    event_id: uuidOf(id),
    event_type: types[id % types.length] as string,
    timestamp: new Date(Date.UTC(2026, 0, 1) + id).toISOString(),
    value: String((id * 7_919) % 10_000),
  }
}

function wideEvent(id: number): Readonly<Record<string, string | number>> {
  return {
    ...flatEvent(id),
    ...Object.fromEntries(texts.map((name, i) => [name, `${uuidOf(id * 14 + i).slice(0, 28)} of ${i}`])),
    ...Object.fromEntries(numbers.map((name, i) => [name, (id * (i + 3)) % 1_000_003])),
  }
}
