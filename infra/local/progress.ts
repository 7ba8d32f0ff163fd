import type { Stream } from '../../shared/contract/index.js'
import { readProgress } from '../../shared/pipeline/bronze/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { TableRowsFollower } from './tableRows.js'

/** How far one stream has come, layer by layer. */
export interface StreamProgress {
  readonly stream: string
  /** Records that Kafka holds. */
  readonly events: bigint
  readonly bronze: number
  readonly silver: number
  readonly gold: number
  /** Records in Kafka that bronze does not cover yet. */
  readonly lag: bigint
  /** Milliseconds from the newest event in silver to now; undefined while silver is empty. */
  readonly freshness: number | undefined
}

/** Looks at Kafka's offsets and the tables' logs; reads no rows and disturbs nothing. */
export class ProgressReader {
  readonly #lake: Lake
  readonly #tables: ReadonlyMap<string, Record<'bronze' | 'silver' | 'gold', TableRowsFollower>>

  constructor(lake: Lake) {
    this.#lake = lake
    this.#tables = new Map(
      lake.streams.map(({ name, eventTime }) => [
        name,
        {
          bronze: new TableRowsFollower(lake.table(`bronze/${name}`)),
          silver: new TableRowsFollower(lake.table(`silver/${name}`), eventTime),
          gold: new TableRowsFollower(lake.table(`gold/${name}_scored`)),
        },
      ]),
    )
  }

  read(): Promise<readonly StreamProgress[]> {
    return Promise.all(this.#lake.streams.map(stream => this.#ofStream(stream)))
  }

  async #ofStream(stream: Stream): Promise<StreamProgress> {
    const tables = this.#tables.get(stream.name)
    const [survey, covered, bronze, silver, gold] = await Promise.all([
      this.#lake.source.survey(stream.topic),
      this.#covered(stream),
      tables?.bronze.read(),
      tables?.silver.read(),
      tables?.gold.read(),
    ])
    let events = 0n
    let lag = 0n
    for (const { partition, start, end } of survey.partitions) {
      events += end - start
      const next = (covered.get(partition)?.covered ?? start - 1n) + 1n
      if (end > next) lag += end - next
    }
    return {
      stream: stream.name,
      events,
      bronze: bronze?.rows ?? 0,
      silver: silver?.rows ?? 0,
      gold: gold?.rows ?? 0,
      lag,
      freshness: silver?.newest === undefined ? undefined : this.#lake.clock.now() - silver.newest,
    }
  }

  async #covered(stream: Stream) {
    const state = await this.#lake.table(`bronze/${stream.name}`).state({ fresh: true })
    return readProgress(state?.metadata.id ?? '', stream.topic, state?.txns ?? new Map())
  }
}

/** One line for a terminal. */
export function progressLine(time: Date, progress: StreamProgress): string {
  const count = (value: number | bigint) => value.toLocaleString('en-US')
  const { stream, events, bronze, silver, gold, lag, freshness } = progress
  const fresh = freshness === undefined ? '-' : `${(freshness / 1000).toFixed(1)} s`
  return (
    `${time.toISOString().slice(11, 19)} ${stream}: events ${count(events)} | bronze ${count(bronze)} | silver ${count(silver)} | ` +
    `gold ${count(gold)} | lag ${count(lag)} | freshness ${fresh}`
  )
}
