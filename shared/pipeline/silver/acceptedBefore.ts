import type { Stream } from '../../contract/stream.js'
import type { AddFile } from '../../delta/actions.js'
import type { Snapshot } from '../../delta/snapshot.js'
import { openDeltaView } from '../../query/deltaView.js'
import type { DuckDbSession } from '../../query/duckdbSession.js'
import type { FileCache } from '../../query/fileCache.js'
import { identifier } from '../../query/sqlText.js'
import type { ObjectStore } from '../../storage/objectStore.js'
import { FileFacts, mayOverlap, type Range } from './fileFacts.js'

/** The event times and keys that a batch has on one day. */
export interface DayRange {
  /** Microseconds, both inclusive. */
  readonly times: Range<bigint>
  readonly keys: Range
}

/** The batch's ranges per day of event time: one event of last month must not open all files since then. */
export async function dayRanges(session: DuckDbSession, stream: Stream, rows: string): Promise<readonly DayRange[]> {
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const key = identifier(stream.key)
  const { rows: days } = await session.query(`
    SELECT min(${time}) AS t0, max(${time}) AS t1, min(${key}) AS k0, max(${key}) AS k1
    FROM ${rows} GROUP BY CAST(${identifier(stream.eventTime)} AS DATE)`)
  return days.map(({ t0, t1, k0, k1 }) => ({
    times: { least: t0 as bigint, greatest: t1 as bigint },
    keys: { least: k0 ?? null, greatest: k1 ?? null },
  }))
}

/** The files that can hold a row of one of the batch's keys within the window. Pure; no I/O. */
export function filesWithin(
  files: readonly AddFile[],
  facts: FileFacts,
  stream: Stream,
  days: readonly DayRange[],
): readonly AddFile[] {
  const window = BigInt(stream.dedupeWithinMs) * 1000n
  const wanted = days.map(({ times, keys }) => ({
    times: { least: times.least - window, greatest: times.greatest + window },
    keys,
  }))
  return files.filter(file => {
    const times = facts.timeRange(file, stream.eventTime) ?? partitionDay(file)
    const keys = facts.range(file, stream.key)
    return wanted.some(day => mayOverlap(times, day.times) && mayOverlap(keys, day.keys))
  })
}

const dayMicros = 86_400_000_000n

/** A file without statistics still holds one day only. */
function partitionDay(file: AddFile): Range<bigint> | undefined {
  const ms = Date.parse(`${file.partitionValues[eventDate] ?? ''}T00:00:00Z`)
  if (Number.isNaN(ms)) return undefined
  const least = BigInt(ms) * 1000n
  return { least, greatest: least + dayMicros - 1n }
}

/** Silver's partition column: the day of the event time, UTC. */
export const eventDate = '_event_date'

/**
 * Makes the table `prior (k, t)`: key and event time in microseconds of the rows in silver that a row of `rows` could be
 * a duplicate of.
 * @returns how many files were read
 */
export async function loadPrior(
  session: DuckDbSession,
  cache: FileCache,
  stream: Stream,
  rows: string,
  silver: { readonly store: ObjectStore; readonly snapshot: Snapshot },
): Promise<number> {
  const key = identifier(stream.key)
  await session.run(`CREATE OR REPLACE TABLE prior AS SELECT ${key} AS k, CAST(0 AS BIGINT) AS t FROM ${rows} LIMIT 0`)
  if (silver.snapshot.files.length === 0) return 0
  const days = await dayRanges(session, stream, rows)
  const { schema, metadata } = silver.snapshot
  const facts = new FileFacts({ schema, ...metadata }, [stream.key, stream.eventTime])
  const files = filesWithin(silver.snapshot.files, facts, stream, days)
  if (files.length === 0) return 0
  using view = await openDeltaView(session, cache, {
    store: silver.store,
    state: silver.snapshot,
    files,
    columns: [stream.key, stream.eventTime],
  })
  const window = BigInt(stream.dedupeWithinMs) * 1000n
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const least = days.reduce((least, { times }) => (times.least < least ? times.least : least), days[0]?.times.least ?? 0n)
  const greatest = days.reduce((most, { times }) => (times.greatest > most ? times.greatest : most), least)
  await session.run(`
    INSERT INTO prior SELECT ${key}, ${time} FROM (${view.sql})
    WHERE ${time} BETWEEN ${least - window} AND ${greatest + window} AND ${key} IN (SELECT ${key} FROM ${rows})`)
  return files.length
}
