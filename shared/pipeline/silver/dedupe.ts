import type { Stream } from '../../contract/index.js'
import { type DuckDbSession, identifier } from '../../query/index.js'
import type { Row, Value } from '../../types/index.js'
import { DedupeWindow } from './dedupeWindow.js'

/** Where in Kafka a row comes from, and so which row it is. */
export const lineage = ['_topic', '_generation', '_partition', '_offset'] as const

/** The order in which rows of one key are judged: the first one stays. */
const judged = ['_ingested_at', '_partition', '_offset', '_topic', '_generation'] as const

/** A SELECT of a relation's rows that are not in the table `duplicates`. */
export function withoutDuplicates(rows: string): string {
  return `SELECT * FROM ${rows} ANTI JOIN duplicates USING (${lineage.join(', ')})`
}

/**
 * Makes the table `duplicates` (the lineage of every duplicate) of two relations of the session: `rows`, with the
 * contract's key and event time, lineage and `_ingested_at`; and the table `prior (k, t)`, key and event time in
 * microseconds of what has been accepted before.
 *
 * The meaning is sequential: rows are judged one after the other, and a row is a duplicate if a row of its key that was
 * accepted lies within `dedupeWithin` of it in event time. Nearly all keys are settled by SQL: those of a single row,
 * and those whose rows all lie within the window of one another. What is left is judged row by row.
 */
export async function findDuplicates(session: DuckDbSession, stream: Stream, rows: string): Promise<void> {
  const key = identifier(stream.key)
  const time = `epoch_us(${identifier(stream.eventTime)})`
  await session.run(`
    CREATE OR REPLACE TABLE disputed_keys AS
      SELECT ${key} AS k FROM ${rows} GROUP BY ${key} HAVING count(*) > 1 UNION SELECT k FROM prior`)
  await session.run(`
    CREATE OR REPLACE TABLE disputed AS
      SELECT ${key} AS k, ${time} AS t, ${judged.join(', ')} FROM ${rows} WHERE ${key} IN (SELECT k FROM disputed_keys)`)
  await session.run(`
    CREATE OR REPLACE TABLE spans AS
      SELECT k, max(t) - min(t) <= ${windowOf(stream)} AS narrow, bool_or(known) AS known
      FROM (SELECT k, t, false AS known FROM disputed UNION ALL SELECT k, t, true FROM prior) GROUP BY k`)
  await session.run(`
    CREATE OR REPLACE TABLE duplicates AS
      SELECT ${lineage.join(', ')} FROM (
        SELECT d.*, s.known, row_number() OVER (PARTITION BY d.k ORDER BY ${judged.map(c => `d.${c}`).join(', ')}) AS place
        FROM disputed AS d JOIN spans AS s ON d.k = s.k WHERE s.narrow)
      WHERE known OR place > 1`)
  const { wide } = await session.row('SELECT count(*) AS wide FROM spans WHERE NOT narrow')
  if (wide !== 0n) await judgeOneByOne(session, windowOf(stream))
  await session.run('DROP TABLE disputed; DROP TABLE disputed_keys; DROP TABLE spans')
}

/** Microseconds. */
const windowOf = (stream: Stream) => BigInt(stream.dedupeWithinMs) * 1000n

async function judgeOneByOne(session: DuckDbSession, window: bigint): Promise<void> {
  const order = judged.map(column => `r.${column}`).join(', ')
  const none = judged.map(column => `NULL AS ${column}`).join(', ')
  // Before the result is opened: another statement on its connection would end it.
  await session.run('CREATE OR REPLACE TABLE judged_places (place BIGINT)')
  const { batches } = await session.stream(`
    SELECT s.rowid AS key_number, r.t, r.place
    FROM (SELECT k, t, rowid AS place, ${judged.join(', ')} FROM disputed UNION ALL SELECT k, t, NULL, ${none} FROM prior) AS r
    JOIN spans AS s ON r.k = s.k WHERE NOT s.narrow
    ORDER BY s.rowid, r.place IS NOT NULL, ${order}`)
  await session.append('judged_places', rejectedPlaces(batches, window))
  await session.run(`
    INSERT INTO duplicates SELECT ${lineage.join(', ')} FROM disputed WHERE rowid IN (SELECT place FROM judged_places)`)
  await session.run('DROP TABLE judged_places')
}

/** The places of rows that are duplicates, of rows that come key by key and in the order of judgement. */
async function* rejectedPlaces(
  batches: AsyncIterable<readonly Row[]>,
  window: bigint,
): AsyncGenerator<readonly bigint[]> {
  const accepted = new DedupeWindow(window)
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
