import { expect } from 'vitest'
import { z } from 'zod'

import {
  defineStream,
  double,
  resolvedPath,
  scoredPath,
  silverPath,
  type Stream,
  summaryPath,
  tablesOf,
  timestamp,
} from '../../../shared/contract/index.js'
import { runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { expireRows } from '../../../shared/pipeline/retention/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Row } from '../../../shared/types/index.js'
import { BronzeFixture, day0, type FixtureParts } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'

export const day = 86_400_000

/** How long the rows of a stream of the tests are kept. */
export type Retain = NonNullable<Parameters<typeof defineStream>[0]['retain']>

/** Values from 0 on, of keys that come once a day. */
export function aging(retain: Retain | undefined, more: { readonly lenient?: boolean } = {}): Stream {
  return defineStream({
    name: 'events',
    topic: 'events',
    schema: z.object({
      event_id: z.string().min(1),
      event_type: z.string().min(1),
      timestamp: timestamp(),
      value: double(),
    }),
    key: 'event_id',
    eventTime: 'timestamp',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    ...(retain === undefined ? {} : { retain }),
    where: e => e['event_type'] !== 'heartbeat',
    ...(more.lenient === true ? {} : { expectations: { 'value is positive': e => (e['value'] as number) > 0 } }),
  })
}

/** Bronze for two days, silver for four, scored rows for six, the summary for eight; rejected records for ever. */
export const steps: Retain = { bronze: '2 days', silver: '4 days', scored: '6 days', summary: '8 days' }

export function open(retain: Retain | undefined = steps, parts: FixtureParts = {}): Promise<BronzeFixture> {
  const settings = { DUCKDB_MEMORY_LIMIT: '256MB', COMPACTION_MIN_FILES: '100', ...parts.settings }
  return BronzeFixture.open({ stream: aging(retain), ...parts, settings })
}

/** The same lake under another contract. */
export function reopen(f: BronzeFixture, stream: Stream): Promise<BronzeFixture> {
  return f.another({ stream, settings: { DUCKDB_MEMORY_LIMIT: '256MB', COMPACTION_MIN_FILES: '100' } })
}

/** Another lake with the same objects, on the same source. Not to be disposed of: it would close the source. */
export async function copyOf(f: BronzeFixture): Promise<BronzeFixture> {
  const store = new MemoryStore(f.clock)
  for await (const { path } of f.store.list('')) await store.put(path, (await f.store.get(path)) ?? new Uint8Array())
  return f.another({ store, settings: { DUCKDB_MEMORY_LIMIT: '256MB', COMPACTION_MIN_FILES: '100' } })
}

/** Removes what is over from every table, without the rest of maintenance. */
export async function expireAll(lake: Lake, stream: Stream): Promise<void> {
  for (const path of [...tablesOf(stream), resolvedPath(stream)]) await expireRows(lake, stream, path)
}

/** An event; without a time it is of now. */
export interface Sent {
  readonly id: string
  readonly value?: number
  readonly type?: string
  /** Days since the tests' first. */
  readonly day?: number
}

/** Sends events and takes them as far as bronze. */
export async function send(f: BronzeFixture, sent: readonly Sent[]): Promise<void> {
  const [log] = await f.source.offsets('events')
  const from = Number(log?.end ?? 0n)
  const now = f.clock.now()
  f.source.append(
    'events',
    sent.map(({ id, value = 1, type = 'click', day: of }) => {
      const time = new Date(of === undefined ? now : day0 + of * day + 3_600_000).toISOString()
      const event = { event_id: id, event_type: type, timestamp: time, value }
      return { key: null, value: Buffer.from(JSON.stringify(event)), timestamp: now, partition: 0 }
    }),
  )
  ok([await f.deliver(sent.map((_, i) => from + i))])
}

/** A day's events: three that stay, one twice, one that is rejected, one that is left out. */
export const ofDay = (n: number): readonly Sent[] => [
  { id: `a${n}` },
  { id: `b${n}` },
  { id: `c${n}` },
  { id: `a${n}` },
  { id: `bad${n}`, value: -1 },
  { id: `beat${n}`, type: 'heartbeat' },
]

/** Silver and gold. @returns why tables were made again, if any were */
export async function refine(f: BronzeFixture): Promise<readonly unknown[]> {
  const reports = [...ok(await runSilver(f.lake, 'command')), ...ok(await runGold(f.lake, 'command'))]
  return reports.flatMap(({ detail }) => (detail['recomputed'] === undefined ? [] : [detail['recomputed']]))
}

/** The maintenance of one process, by table; what fails is thrown. */
export async function maintain(f: { readonly lake: Lake }): Promise<Readonly<Record<string, Row>>> {
  const reports = ok(await runMaintenance(f.lake, 'timer'))
  return Object.fromEntries(reports.map(({ detail }) => [String(detail['table']), detail as Row] as const))
}

/** Days pass; on each a day's events come, everything runs, and rows whose time is over go. */
export async function pass(f: BronzeFixture, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    f.clock.advance(day0 + n * day + 3_600_000 - f.clock.now())
    await send(f, ofDay(n))
    await refine(f)
    await expectBalanced(f, `day ${n}`)
    await maintain(f)
    expect(await refine(f)).toEqual([])
    await expectBalanced(f, `day ${n}, after maintenance`)
  }
}

/** Brings every table up to its source; the counts of all of them reconcile then. */
export async function expectBalanced(f: BronzeFixture, note: string): Promise<readonly Row[]> {
  await refine(f)
  f.clock.advance(1_000)
  const at = BigInt(f.clock.now()) * 1000n
  ok(await runMonitor(f.lake, 'timer'))
  const rows = (await f.read('monitor_logs')).filter(row => (row['run_time'] as bigint) >= at)
  const layers = rows.filter(row => row['layer'] !== 'drift')
  expect(layers, note).toHaveLength(4)
  for (const row of layers)
    expect([row['table_name'], row['identity_closed'], row['identity']], note).toEqual([
      row['table_name'],
      true,
      row['identity'],
    ])
  return layers
}

/** Days since the tests' first of which a table has rows, each once, in their order. */
export async function daysOf(f: BronzeFixture, path: string): Promise<readonly number[]> {
  const rows = await f.read(path)
  const days = rows.map(row => {
    const text = (row['_event_date'] ?? row['_window_date'] ?? row['_ingest_date']) as string
    return (Date.parse(text) - day0) / day
  })
  return [...new Set(days)].sort((a, b) => a - b)
}

/** Keys of a table's rows, in their order. */
export async function keysOf(f: BronzeFixture, path = silverPath(f.stream)): Promise<readonly string[]> {
  return (await f.read(path)).map(row => row['event_id'] as string).toSorted()
}

/** What a reader sees of the derived tables, and of bronze its lineage and codes. */
export async function contents(f: BronzeFixture): Promise<Readonly<Record<string, readonly string[]>>> {
  const texts = async (path: string, of: (row: Row) => string) => (await f.read(path)).map(of).toSorted()
  const textIn = (row: Row, name: string) => {
    const value = row[name]
    return typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' ? String(value) : ''
  }
  const place = (row: Row) => `${textIn(row, '_generation')}/${textIn(row, '_offset')}`
  return {
    bronze: await texts('bronze/events', row => `${place(row)} ${textIn(row, '_error_code')}`),
    silver: await texts(silverPath(f.stream), row => `${place(row)} ${textIn(row, 'event_id')}`),
    scored: await texts(scoredPath(f.stream), row => `${place(row)} ${textIn(row, 'event_id')}`),
    summary: await texts(summaryPath(f.stream), row => `${textIn(row, 'window_start')} ${textIn(row, 'events')}`),
  }
}
