import type { Clock } from '../../clock.js'
import type { Stream } from '../../contract/index.js'
import type { AddFile, StatsShape } from '../../delta/index.js'
import { copyToParquet, type DuckDbSession, identifier, type ParquetCopy, publishFile } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { type DayCount, dayMicros } from './counters.js'
import { lineage } from './dedupe.js'
import { eventDate } from './priorKeys.js'

/** Where silver's files go and what they look like. */
export interface SilverTarget {
  readonly session: DuckDbSession
  readonly stream: Stream
  /** The table's folder. */
  readonly store: ObjectStore
  readonly table: StatsShape
  readonly clock: Clock
  /** Most rows of one file. */
  readonly rowsPerFile: number
}

/** Writes the rows of a relation that are not in the table `duplicates`; see {@link writeDayFiles}. */
export function writeSilverFiles(
  target: SilverTarget,
  rows: string,
  days: readonly DayCount[],
): Promise<readonly AddFile[]> {
  return writeDayFiles(target, `SELECT * FROM ${rows} ANTI JOIN duplicates USING (${lineage.join(', ')})`, days)
}

/**
 * Writes a query's rows sorted by `clusterBy`: one file per day of event time, or several of like size where a day has
 * too many rows for one.
 * @param days all of the rows' days
 */
export async function writeDayFiles(
  target: SilverTarget,
  kept: string,
  days: readonly DayCount[],
): Promise<readonly AddFile[]> {
  const { session, stream, rowsPerFile } = target
  const [only] = days
  if (only === undefined) return []
  const upload = new UploadQueue(target)
  if (days.length === 1 && only.rows <= rowsPerFile) {
    await upload.write({
      select: `${kept} WHERE ${within(stream, days)}`,
      orderBy: orderOf(stream),
      partitionValues: partition(only),
    })
    return upload.finish()
  }
  // Sorted once; each file is then a stretch of it.
  await session.run(`
    CREATE OR REPLACE TABLE sorted_rows AS ${kept} WHERE ${within(stream, days)}
    ORDER BY CAST(${identifier(stream.eventTime)} AS DATE), ${orderOf(stream)}`)
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
  const type = stream.columns.find(c => c.name === stream.eventTime)?.type
  const make = type === 'timestamp_ntz' ? 'make_timestamp' : 'make_timestamptz'
  const time = identifier(stream.eventTime)
  return `${time} >= ${make}(${start}::BIGINT) AND ${time} < ${make}(${end}::BIGINT)`
}

/** Brings one file to the store while the next is being written. */
class UploadQueue {
  readonly #target: SilverTarget
  readonly #adds: AddFile[] = []
  #running: Promise<void> = Promise.resolve()

  constructor(target: SilverTarget) {
    this.#target = target
  }

  async write(copy: Omit<ParquetCopy, 'table'>): Promise<void> {
    const { session, store, clock, table } = this.#target
    const file = await copyToParquet(session, { ...copy, table }).catch(async (error: unknown) => {
      await this.#running.catch(() => undefined)
      throw error
    })
    await this.#running
    if (file === undefined) return
    this.#running = publishFile(store, file, clock).then(add => void this.#adds.push(add))
    // Told when it is awaited.
    this.#running.catch(() => undefined)
  }

  async finish(): Promise<readonly AddFile[]> {
    await this.#running
    return this.#adds
  }
}
