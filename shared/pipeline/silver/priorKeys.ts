import type { Stream } from '../../contract/index.js'
import { filesThatMayMatch, type Predicate, type Rows, type Snapshot } from '../../delta/index.js'
import { type FileCache, identifier, openDeltaView, stageRows } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { columnKey, type Value } from '../../types/index.js'
import { dayOf, eventDate, eventDay, SessionTable } from '../incremental/index.js'
import type { KeyTimes, TableKeyIndex } from '../keyIndex/index.js'
import { dedupeWindow, type PriorKeys } from './dedupe.js'

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
  const window = dedupeWindow(stream)
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

/** Silver as a run finds it. */
export interface PriorSilver {
  readonly store: ObjectStore
  readonly snapshot: Snapshot
  /** Spares the reading of files in which no key of the rows can be. */
  readonly keys: TableKeyIndex | undefined
}

/**
 * Key and event time of the rows in silver that one of `rows` could be a duplicate of.
 * @returns how much was read for them, too: files whole, and stretches of rows of others
 */
export async function loadPriorKeys(
  cache: FileCache,
  stream: Stream,
  rows: SessionTable,
  { store, snapshot, keys }: PriorSilver,
): Promise<{ readonly prior: PriorKeys; readonly files: number; readonly stretches: number }> {
  const prior = await noPriorKeys(stream, rows)
  if (snapshot.files.length === 0) return { prior, files: 0, stretches: 0 }
  const days = await dayRanges(stream, rows)
  const candidates = filesThatMayMatch(snapshot, snapshot.files, mayBeKnown(stream, days))
  const window = dedupeWindow(stream)
  const least = days.reduce((t, { times: [first] }) => (first < t ? first : t), days[0]?.times[0] ?? 0n)
  const greatest = days.reduce((t, { times: [, last] }) => (last > t ? last : t), least)
  const key = identifier(stream.key)
  const insert = (relation: string) =>
    prior.insert(`
      SELECT k, t FROM (${relation})
      WHERE t BETWEEN ${least - window} AND ${greatest + window} AND k IN (SELECT ${key} FROM ${rows.name})`)
  const { locateKeys, readLocated } = await import('./locateKeys.js')
  const { located, search, whole } = await locateKeys(stream, rows, snapshot, candidates, keys)
  if (whole.length > 0) {
    using view = await openDeltaView(rows.session, cache, {
      store,
      state: snapshot,
      files: whole,
      columns: [stream.key, stream.eventTime],
    })
    await insert(`SELECT ${key} AS k, epoch_us(${identifier(stream.eventTime)}) AS t FROM (${view.sql})`)
  }
  if (located.length > 0 && search !== undefined && keys !== undefined) {
    const found = await readLocated(store, keys.columns, located, search)
    await using staged = await stageRows(rows.session, keyTimeRows(keys, found), () => true)
    await insert(staged.sql)
  }
  return { prior, files: whole.length, stretches: located.reduce((sum, { stretches }) => sum + stretches.size, 0) }
}

function keyTimeRows({ columns: { key } }: TableKeyIndex, { keys, times }: KeyTimes): Rows {
  return {
    count: keys.length,
    columns: [
      { field: { name: 'k', type: key.type, nullable: false }, data: keys },
      { field: { name: 't', type: 'long', nullable: false }, data: BigInt64Array.from(times) },
    ],
  }
}
