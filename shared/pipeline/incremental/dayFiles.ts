import type { Clock } from '../../clock.js'
import type { Stream } from '../../contract/index.js'
import type { AddFile, StatsShape } from '../../delta/index.js'
import { copyToParquet, type DuckDbSession, identifier, type ParquetCopy, publishFile } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { dayMicros } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { type DayCount, eventDay } from './days.js'
import type { OpenedTable } from './openTable.js'

/** The partition column of tables by day: the day of the event time, UTC. */
export const eventDate = '_event_date'

/** How the rows lie in a file. */
export type FileLayout = Pick<ParquetCopy, 'rowGroupRows' | 'paged'>

/**
 * The layout of files in which single keys are looked up: little is read for one, a page of the keys and one of the event
 * times, and reading all costs no more.
 */
export const lookupLayout = ({ key, eventTime }: Stream): FileLayout => ({
  rowGroupRows: 8192,
  paged: { columns: [key, eventTime], rows: 256 },
})

/** Where the files of a table by day go, and what they look like. */
export interface DayFilesTarget {
  readonly session: DuckDbSession
  readonly stream: Stream
  /** The table's folder. */
  readonly store: ObjectStore
  readonly table: StatsShape
  readonly clock: Clock
  /** Most rows of one file. */
  readonly rowsPerFile: number
  /** DuckDB's own when absent. */
  readonly layout?: FileLayout | undefined
}

/** Where the files of an opened table go. */
export function dayFilesOf(
  lake: Lake,
  stream: Stream,
  session: DuckDbSession,
  { table, state, schema }: OpenedTable,
  rowsPerFile: number,
): DayFilesTarget {
  return { session, stream, store: table.store, table: { ...state.metadata, schema }, clock: lake.clock, rowsPerFile }
}

/**
 * Uploads a query's rows sorted by `clusterBy`: one file per day of event time, or several of like size where a day has
 * too many rows for one.
 *
 * @param kept a SELECT of the table's columns but for `_event_date`
 * @param days all of the rows' days
 */
export async function writeDayFiles(
  target: DayFilesTarget,
  kept: string,
  days: readonly DayCount[],
): Promise<readonly AddFile[]> {
  const { session, stream, rowsPerFile } = target
  const [only] = days
  if (only === undefined) return []
  const upload = new UploadQueue(target)
  if (days.length === 1 && only.rows <= rowsPerFile) {
    await upload.write({
      select: `SELECT * FROM (${kept}) WHERE ${within(stream, days)}`,
      orderBy: orderOf(stream),
      partitionValues: partition(only),
    })
    return upload.finish()
  }
  // Sorted once; each file is then a stretch of it.
  await session.run(`
    CREATE OR REPLACE TABLE sorted_rows AS SELECT * FROM (${kept}) WHERE ${within(stream, days)}
    ORDER BY ${eventDay(stream)}, ${orderOf(stream)}`)
  let from = 0
  for (const day of days) {
    const files = Math.ceil(day.rows / rowsPerFile)
    for (let file = 0; file < files; file++) {
      const start = from + Math.floor((day.rows * file) / files)
      const end = from + Math.floor((day.rows * (file + 1)) / files)
      await upload.write({
        select: `SELECT * FROM sorted_rows WHERE rowid >= ${start} AND rowid < ${end}`,
        partitionValues: partition(day),
      })
    }
    from += day.rows
  }
  const files = await upload.finish()
  await session.run('DROP TABLE sorted_rows')
  return files
}

const partition = (day: DayCount) => ({ [eventDate]: day.day })

function orderOf(stream: Stream): string {
  const columns = stream.clusterBy.length === 0 ? [stream.eventTime] : stream.clusterBy
  return columns.map(identifier).join(', ')
}

/** The days are next to each other in `days`, so one stretch of time holds them and no other row. */
function within(stream: Stream, days: readonly DayCount[]): string {
  const first = days[0]?.start ?? 0n
  const end = (days.at(-1)?.start ?? 0n) + dayMicros
  return timeBetween(stream, first, end)
}

/** Event times from `start` to before `end`, microseconds, so that engines can skip by the column's own statistics. */
export function timeBetween(stream: Stream, start: bigint, end: bigint): string {
  const time = identifier(stream.eventTime)
  return `${time} >= ${timeAt(stream, start)} AND ${time} < ${timeAt(stream, end)}`
}

/** A time in microseconds as a value of the event time's type. */
export function timeAt(stream: Stream, micros: bigint): string {
  const type = stream.columns.find(c => c.name === stream.eventTime)?.type
  return `${type === 'timestamp_ntz' ? 'make_timestamp' : 'make_timestamptz'}(${micros}::BIGINT)`
}

/** Brings one file to the store while the next is being written. */
class UploadQueue {
  readonly #target: DayFilesTarget
  readonly #adds: AddFile[] = []
  #running: Promise<void> = Promise.resolve()

  constructor(target: DayFilesTarget) {
    this.#target = target
  }

  async write(copy: Omit<ParquetCopy, 'table' | keyof FileLayout>): Promise<void> {
    const { session, store, clock, table, layout } = this.#target
    const file = await copyToParquet(session, { ...copy, ...layout, table }).catch(async (error: unknown) => {
      await this.#running.catch(() => undefined)
      throw error
    })
    await this.#running
    if (file === undefined) return
    this.#running = publishFile(store, file, clock).then(add => void this.#adds.push(add))
    // A failure is reported when it is awaited.
    this.#running.catch(() => undefined)
  }

  async finish(): Promise<readonly AddFile[]> {
    await this.#running
    return this.#adds
  }
}
