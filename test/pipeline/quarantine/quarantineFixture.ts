import { z } from 'zod'

import { defineStream, double, silverPath, type Stream, timestamp } from '../../../shared/contract/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { openLake } from '../../../shared/pipeline/lake/openLake.js'
import { type ReplayOptions, replayQuarantine, type ReplayReport } from '../../../shared/pipeline/quarantine/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import { LakeCatalog } from '../../../shared/query/catalog/index.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import type { Row } from '../../../shared/types/index.js'
import { BronzeFixture, day0, type FixtureParts } from '../bronze/bronzeFixture.js'

const columns = { event_id: z.string().min(1), event_type: z.string().min(1), timestamp: timestamp() }
const common = {
  name: 'events',
  topic: 'events',
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

/** Values from 0 on. */
export const strict = defineStream({
  ...common,
  schema: z.object({ ...columns, value: double() }),
  expectations: { 'value is positive': e => e.value > 0 },
})

/** The same without the expectation: what was rejected by it is valid now. */
export const lenient = defineStream({ ...common, schema: z.object({ ...columns, value: double() }) })

/** The same with a field more, and with an expectation that no record of the tests fulfils. */
export const strictest = defineStream({
  ...common,
  schema: z.object({ ...columns, value: double(), country: z.string().optional() }),
  expectations: { 'value is a million': e => e.value === 1e6 },
})

/** An event as a producer sends it. */
export interface Sent {
  readonly id: string
  readonly value: number | string
  /** Seconds after the tests' day begins. */
  readonly at?: number
}

/** The value of a record. */
export function valueOf({ id, value, at = 0 }: Sent): Uint8Array {
  const time = new Date(day0 + at * 1000).toISOString()
  return Buffer.from(JSON.stringify({ event_id: id, event_type: 'click', timestamp: time, value, country: 'NO' }))
}

export function open(parts: FixtureParts = {}): Promise<BronzeFixture> {
  return BronzeFixture.open({ stream: strict, settings: { DUCKDB_MEMORY_LIMIT: '256MB' }, ...parts })
}

/** Sends records (raw bytes as they are), and takes them to bronze; to silver too unless told otherwise. */
export async function ingest(
  f: BronzeFixture,
  sent: readonly (Sent | Uint8Array)[],
  options: { readonly silver?: boolean } = {},
): Promise<void> {
  f.clock.advance(1_000)
  const [log] = await f.source.offsets('events')
  const from = Number(log?.end ?? 0n)
  f.source.append(
    'events',
    sent.map(one => ({
      key: Buffer.from('key'),
      value: one instanceof Uint8Array ? one : valueOf(one),
      timestamp: day0,
      partition: 0,
    })),
  )
  await f.deliver(sent.map((_, i) => from + i))
  f.clock.advance(1_000)
  if (options.silver !== false) await silver(f)
}

export async function silver(f: BronzeFixture): Promise<void> {
  const { error } = await refineSilver(f.lake, f.stream)
  if (error !== undefined) throw new Error(error.message)
}

/** Replays all that is in quarantine, by the contract given. */
export function replay(
  f: Pick<BronzeFixture, 'lake'>,
  stream: Stream = lenient,
  options: Partial<ReplayOptions> = {},
): Promise<ReplayReport> {
  return replayQuarantine(f.lake, stream, {}, { by: 'ada', why: 'a test', ...options })
}

/** Another process on the same lake, whose storage may be another view of the same objects. */
export function process(f: BronzeFixture, store: ObjectStore = f.store): Promise<Lake> {
  const { settings, streams, source } = f.lake
  return openLake(settings, { store, streams, source, clock: f.clock })
}

/** Silver's rows but for the time that they were read at, as texts, in the order of their lineage. */
export async function silverRows(f: BronzeFixture): Promise<readonly string[]> {
  const rows = await f.read(silverPath(f.stream))
  return rows
    .map(
      row =>
        `${row['_partition'] as number}/${row['_offset'] as bigint} ${row['event_id'] as string}=${row['value'] as number}`,
    )
    .toSorted()
}

/** Offsets of the records that are in quarantine, as SQL shows them. */
export async function quarantined(f: BronzeFixture): Promise<readonly number[]> {
  return (await sql(f, 'SELECT _offset FROM bronze.events_quarantine ORDER BY _offset')).map(row =>
    Number(row['_offset']),
  )
}

/** Outcomes as SQL shows them. */
export function outcomes(f: BronzeFixture): Promise<readonly Row[]> {
  return sql(f, 'SELECT _offset, outcome, fix, resolved_by, why FROM quarantine_resolved ORDER BY ALL')
}

export async function sql(f: BronzeFixture, query: string): Promise<readonly Row[]> {
  await using session = await DuckDbSession.open()
  using catalog = new LakeCatalog({
    session,
    cache: f.lake.files,
    streams: f.lake.streams,
    table: path => f.lake.table(path),
  })
  const { sql: prepared } = await catalog.prepare(query)
  return (await session.query(prepared)).rows
}
