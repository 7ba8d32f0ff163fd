import { lineage, type Stream } from '../../contract/index.js'
import { identifier } from '../../query/index.js'
import type { Row, Value } from '../../types/index.js'
import { SessionTable } from '../incremental/index.js'
import { AcceptedTimes } from './acceptedTimes.js'

/** The order in which rows of one key are compared: the first one stays. */
const arrival = ['_ingested_at', '_partition', '_offset', '_topic', '_generation'] as const

/** Of rows that were accepted before: key, and event time in microseconds. */
export type PriorKeys = SessionTable<'k' | 't'>

/** The lineage of every row that is a duplicate. */
export type Duplicates = SessionTable<(typeof lineage)[number]>

/** A SELECT of a relation's rows that are no duplicates. */
export function withoutDuplicates(relation: string, duplicates: Duplicates): string {
  return `SELECT * FROM ${relation} ANTI JOIN ${duplicates.name} USING (${lineage.join(', ')})`
}

/**
 * Finds the duplicates among `rows`, which have the contract's key and event time, lineage and `_ingested_at`.
 *
 * The meaning is sequential: rows are compared one after the other, and a row is a duplicate if a row of its key that was
 * accepted lies within `dedupeWithin` of it in event time. Nearly all keys are settled by SQL: those of a single row,
 * and those whose rows all lie within the window of one another. What is left is compared row by row.
 */
export async function findDuplicates(stream: Stream, rows: SessionTable, prior: PriorKeys): Promise<Duplicates> {
  const { session } = rows
  const key = identifier(stream.key)
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const keys = await SessionTable.create(
    session,
    'disputed_keys',
    ['k'],
    `SELECT ${key} AS k FROM ${rows.name} GROUP BY ${key} HAVING count(*) > 1 UNION SELECT k FROM ${prior.name}`,
  )
  const disputed: Disputed = await SessionTable.create(
    session,
    'disputed',
    ['k', 't', ...arrival],
    `SELECT ${key} AS k, ${time} AS t, ${arrival.join(', ')} FROM ${rows.name} WHERE ${key} IN (SELECT k FROM ${keys.name})`,
  )
  const spans: Spans = await SessionTable.create(
    session,
    'spans',
    ['k', 'narrow', 'known'],
    `SELECT k, max(t) - min(t) <= ${dedupeWindow(stream)} AS narrow, bool_or(known) AS known
      FROM (SELECT k, t, false AS known FROM ${disputed.name} UNION ALL SELECT k, t, true FROM ${prior.name}) GROUP BY k`,
  )
  const duplicates: Duplicates = await SessionTable.create(
    session,
    'duplicates',
    lineage,
    `SELECT * FROM (
        SELECT d.*, s.known, row_number() OVER (PARTITION BY d.k ORDER BY ${arrival.map(c => `d.${c}`).join(', ')}) AS place
        FROM ${disputed.name} AS d JOIN ${spans.name} AS s ON d.k = s.k WHERE s.narrow)
      WHERE known OR place > 1`,
  )
  const { wide } = await session.row(`SELECT count(*) AS wide FROM ${spans.name} WHERE NOT narrow`)
  if (wide !== 0n) await compareOneByOne(dedupeWindow(stream), disputed, prior, spans, duplicates)
  for (const table of [disputed, keys, spans]) await table.drop()
  return duplicates
}

/** Rows of keys that have more than one row, accepted ones included. */
type Disputed = SessionTable<'k' | 't' | (typeof arrival)[number]>

/** A row a disputed key: whether all its rows lie within the window, and whether one was accepted before. */
type Spans = SessionTable<'k' | 'narrow' | 'known'>

/** How far apart in event time two rows of one key can be and still be one event, in microseconds. */
export const dedupeWindow = (stream: Stream): bigint => BigInt(stream.dedupeWithinMs) * 1000n

/** Adds to `duplicates` those of the keys that no rule over all their rows settles. */
async function compareOneByOne(
  window: bigint,
  disputed: Disputed,
  prior: PriorKeys,
  spans: Spans,
  duplicates: Duplicates,
): Promise<void> {
  const { session } = disputed
  const order = arrival.map(column => `r.${column}`).join(', ')
  const none = arrival.map(column => `NULL AS ${column}`).join(', ')
  // Before the result is opened: another statement on its connection would end it.
  const rejected = await SessionTable.create(
    session,
    'arrival_places',
    ['place'],
    'SELECT CAST(0 AS BIGINT) AS place LIMIT 0',
  )
  const { batches } = await session.stream(`
    SELECT s.rowid AS key_number, r.t, r.place
    FROM (
      SELECT k, t, rowid AS place, ${arrival.join(', ')} FROM ${disputed.name}
      UNION ALL SELECT k, t, NULL, ${none} FROM ${prior.name}) AS r
    JOIN ${spans.name} AS s ON r.k = s.k WHERE NOT s.narrow
    ORDER BY s.rowid, r.place IS NOT NULL, ${order}`)
  await session.append(rejected.name, rejectedPlaces(batches, window))
  await duplicates.insert(`SELECT * FROM ${disputed.name} WHERE rowid IN (SELECT place FROM ${rejected.name})`)
  await rejected.drop()
}

/** The places of rows that are duplicates, of rows that come key by key and in the order of arrival. */
async function* rejectedPlaces(
  batches: AsyncIterable<readonly Row[]>,
  window: bigint,
): AsyncGenerator<readonly bigint[]> {
  const accepted = new AcceptedTimes(window)
  let keyNumber: Value | undefined
  for await (const batch of batches) {
    const places: bigint[] = []
    for (const row of batch) {
      if (row['key_number'] !== keyNumber) accepted.clear()
      keyNumber = row['key_number']
      const time = row['t'] as bigint
      const place = row['place'] as bigint | null
      if (place === null) accepted.add(time)
      else if (!accepted.accept(time)) places.push(place)
    }
    yield places
  }
}
