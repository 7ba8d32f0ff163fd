import type { Stream } from '../../contract/index.js'
import { filesThatMayMatch, type Predicate, type Snapshot } from '../../delta/index.js'
import { type FileCache, identifier, openDeltaView } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { columnKey, type Value } from '../../types/index.js'
import { dayOf, eventDate, eventDay, SessionTable } from '../incremental/index.js'
import type { PriorKeys } from './dedupe.js'

/** The event times and keys that a batch has on one day, least and greatest. */
export interface DayRange {
  /** Microseconds. */
  readonly times: readonly [least: bigint, greatest: bigint]
  readonly keys: readonly [least: Value, greatest: Value]
}

/** The batch's ranges per day of event time: one event of last month must not open all files since then. */
export async function dayRanges(stream: Stream, rows: SessionTable): Promise<readonly DayRange[]> {
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const key = identifier(stream.key)
  const { rows: days } = await rows.session.query(`
    SELECT min(${time}) AS t0, max(${time}) AS t1, min(${key}) AS k0, max(${key}) AS k1
    FROM ${rows.name} GROUP BY ${eventDay(stream)}`)
  return days.map(({ t0, t1, k0, k1 }) => ({
    times: [t0 as bigint, t1 as bigint],
    keys: [k0 ?? null, k1 ?? null],
  }))
}

/** What a row must fulfil to make a row of the batch a duplicate, as far as statistics can say. */
export function mayBeKnown(stream: Stream, days: readonly DayRange[]): Predicate {
  const window = BigInt(stream.dedupeWithinMs) * 1000n
  const of = days.map(({ times: [first, last], keys: [least, greatest] }): Predicate => {
    // Statistics cut times to milliseconds; the day is known from the partition even where they are missing.
    const [from, to] = [first - window, last + window]
    return {
      op: 'and',
      of: [
        { op: '>=', column: eventDate, value: dayOf(from) },
        { op: '<=', column: eventDate, value: dayOf(to) },
        { op: '>=', column: columnKey([stream.eventTime]), value: from },
        { op: '<=', column: columnKey([stream.eventTime]), value: to },
        { op: '>=', column: columnKey([stream.key]), value: least },
        { op: '<=', column: columnKey([stream.key]), value: greatest },
      ],
    }
  })
  return { op: 'or', of }
}

/** None, of the type of the rows' keys. */
export function noPriorKeys(stream: Stream, rows: SessionTable): Promise<PriorKeys> {
  const none = `SELECT ${identifier(stream.key)} AS k, CAST(0 AS BIGINT) AS t FROM ${rows.name} LIMIT 0`
  return SessionTable.create(rows.session, 'prior', ['k', 't'], none)
}

/**
 * Key and event time of the rows in silver that one of `rows` could be a duplicate of.
 * @returns how many files were read for them, too
 */
export async function loadPriorKeys(
  cache: FileCache,
  stream: Stream,
  rows: SessionTable,
  silver: { readonly store: ObjectStore; readonly snapshot: Snapshot },
): Promise<{ readonly prior: PriorKeys; readonly files: number }> {
  const prior = await noPriorKeys(stream, rows)
  if (silver.snapshot.files.length === 0) return { prior, files: 0 }
  const days = await dayRanges(stream, rows)
  const files = filesThatMayMatch(silver.snapshot, silver.snapshot.files, mayBeKnown(stream, days))
  if (files.length === 0) return { prior, files: 0 }
  using view = await openDeltaView(rows.session, cache, {
    store: silver.store,
    state: silver.snapshot,
    files,
    columns: [stream.key, stream.eventTime],
  })
  const window = BigInt(stream.dedupeWithinMs) * 1000n
  const key = identifier(stream.key)
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const least = days.reduce((t, { times: [first] }) => (first < t ? first : t), days[0]?.times[0] ?? 0n)
  const greatest = days.reduce((t, { times: [, last] }) => (last > t ? last : t), least)
  await prior.insert(`
    SELECT ${key} AS k, ${time} AS t FROM (${view.sql})
    WHERE ${time} BETWEEN ${least - window} AND ${greatest + window} AND ${key} IN (SELECT ${key} FROM ${rows.name})`)
  return { prior, files: files.length }
}
