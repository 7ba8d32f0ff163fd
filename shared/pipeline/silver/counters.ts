import { lineage, type Stream } from '../../contract/index.js'
import { identifier } from '../../query/index.js'
import type { Json } from '../../types/index.js'
import { type DayCount, dayCount, eventDay, type SessionTable } from '../incremental/index.js'
import type { Duplicates } from './dedupe.js'

/** What became of the rows of one source partition, in one life of its topic. */
export interface PartitionCounters {
  readonly topic: string
  readonly generation: number
  readonly partition: number
  /** Valid rows read; `valid` = `inserted` + `duplicates`. */
  readonly valid: number
  readonly inserted: number
  readonly duplicates: number
  /** Of those inserted. */
  readonly late: number
}

/**
 * What became of valid rows of bronze: `valid` is `inserted` and `duplicates` together, `late` and `expired` are of those
 * inserted.
 */
export interface Tally {
  readonly partitions: readonly PartitionCounters[]
  /** Of the rows to be written, in the order of time. */
  readonly days: readonly DayCount[]
  readonly valid: number
  readonly inserted: number
  readonly duplicates: number
  readonly late: number
  /** Of days that silver has lost for their age: rows of theirs are over at once, and not to be written. */
  readonly expired: number
  /** Newest event time inserted, microseconds; undefined when nothing was. */
  readonly newestEvent: bigint | undefined
}

/**
 * Counts rows (lineage, event time, `_late`) and how many of them are duplicates, in one pass.
 *
 * @param firstDay since 1970: rows of days before it are over; undefined where none are
 */
export async function tallyRows(
  stream: Stream,
  rows: SessionTable,
  duplicates: Duplicates,
  firstDay: number | undefined,
): Promise<Tally> {
  const on = lineage.map(column => `r.${column} = d.${column}`).join(' AND ')
  const { rows: groups } = await rows.session.query(`
    SELECT r._topic, r._generation, r._partition, ${eventDay(stream, 'r')} AS day, d._offset IS NOT NULL AS duplicate,
      count(*) AS n, count(*) FILTER (r._late) AS late, max(epoch_us(r.${identifier(stream.eventTime)})) AS newest
    FROM ${rows.name} AS r LEFT JOIN ${duplicates.name} AS d ON ${on}
    GROUP BY ALL ORDER BY ALL`)
  const partitions = new Map<string, PartitionCounters>()
  const days = new Map<number, number>()
  let newest: bigint | undefined
  for (const group of groups) {
    const [topic, generation, partition] = [
      group['_topic'] as string,
      group['_generation'] as number,
      group['_partition'] as number,
    ]
    const n = Number(group['n'])
    const inserted = group['duplicate'] === true ? 0 : n
    const id = `${topic}/${generation}/${partition}`
    const known = partitions.get(id) ?? { topic, generation, partition, valid: 0, inserted: 0, duplicates: 0, late: 0 }
    partitions.set(id, {
      ...known,
      valid: known.valid + n,
      inserted: known.inserted + inserted,
      duplicates: known.duplicates + n - inserted,
      late: known.late + (inserted > 0 ? Number(group['late']) : 0),
    })
    if (inserted === 0) continue
    const day = group['day'] as number
    days.set(day, (days.get(day) ?? 0) + n)
    const last = group['newest'] as bigint
    if (newest === undefined || last > newest) newest = last
  }
  const counters = [...partitions.values()]
  const isOver = (day: number) => firstDay !== undefined && day < firstDay
  const inserted = [...days].sort(([a], [b]) => a - b)
  const sum = (of: (c: PartitionCounters) => number) => counters.reduce((total, c) => total + of(c), 0)
  return {
    partitions: counters,
    days: inserted.filter(([day]) => !isOver(day)).map(([day, n]) => dayCount(day, n)),
    valid: sum(c => c.valid),
    inserted: sum(c => c.inserted),
    duplicates: sum(c => c.duplicates),
    late: sum(c => c.late),
    expired: inserted.reduce((total, [day, n]) => total + (isOver(day) ? n : 0), 0),
    newestEvent: newest,
  }
}

/** The tally of no rows. */
export const noRows: Tally = {
  partitions: [],
  days: [],
  valid: 0,
  inserted: 0,
  duplicates: 0,
  late: 0,
  expired: 0,
  newestEvent: undefined,
}

/** The counters as they travel in `commitInfo`, for the monitor: `read` + `replayed` = `inserted` + `duplicates`. */
export function tallyJson(
  { partitions, valid, inserted, duplicates, late, expired }: Tally,
  replayed = 0,
): Record<string, Json> {
  const rows = { read: valid - replayed, replayed, inserted, duplicates, late, expired }
  return { ...rows, partitions: partitions.map(p => ({ ...p })) }
}
