import { systemClock } from '../../shared/clock.js'
import type { Stream } from '../../shared/contract/index.js'
import { type AddFile, readCommitFile } from '../../shared/delta/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { DuckDbSession, identifier, openDeltaView } from '../../shared/query/index.js'

/** Milliseconds between two looks: how much later than it was the case a version can be seen. */
const lookEveryMs = 20

interface SeenCommit {
  /** When a reader got it, milliseconds of this machine's clock. */
  readonly seenAt: number
  readonly files: readonly AddFile[]
}

/** Rows of a layer by how long they took, whole milliseconds; from Kafka's timestamp, and from the event's own time. */
export interface Waits {
  readonly rows: number
  readonly commits: number
  readonly fromKafka: readonly number[]
  readonly fromEvent: readonly number[]
}

/**
 * Follows a table as any reader would: asks for the next version of the log again and again, and notes when it is there.
 * It takes nobody's word for when a row became visible, neither the commit's nor the monitor's.
 */
export class VisibleCommits {
  readonly #lake: Lake
  readonly #path: string
  readonly #seen: SeenCommit[] = []
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  constructor(lake: Lake, path: string) {
    this.#lake = lake
    this.#path = path
    this.#running = this.#follow()
  }

  async #follow(): Promise<void> {
    const store = this.#lake.store.within(this.#path)
    for (let version = 0; !this.#ending.signal.aborted;) {
      const commit = await readCommitFile(store, version).catch(() => undefined)
      if (commit === undefined) {
        await systemClock.sleep(lookEveryMs, this.#ending.signal).catch(() => undefined)
        continue
      }
      const files = commit.actions.flatMap(action => ('add' in action && action.add.dataChange ? [action.add] : []))
      if (files.length > 0) this.#seen.push({ seenAt: Date.now(), files })
      version++
    }
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('The measurement is over.'))
    await this.#running
  }

  /** Of the rows whose timestamp of Kafka's lies from `from` to `to`, milliseconds since 1970. */
  async waits(stream: Stream, from: number, to: number): Promise<Waits> {
    const table = this.#lake.table(this.#path)
    const state = await table.state({ fresh: true })
    const [fromKafka, fromEvent]: [number[], number[]] = [[], []]
    let rows = 0
    if (state === undefined) return { rows, commits: 0, fromKafka, fromEvent }
    await using session = await DuckDbSession.open()
    const event = identifier(stream.eventTime)
    for (const { seenAt, files } of this.#seen) {
      using view = await openDeltaView(session, this.#lake.files, {
        store: table.store,
        state,
        files,
        columns: ['_timestamp', stream.eventTime],
      })
      const wait = (column: string) => `CAST(${Math.round(seenAt)} - epoch_ms(${column}) AS INTEGER)`
      const found = await session.query(
        `SELECT ${wait('_timestamp')} AS kafka, ${wait(event)} AS event FROM (${view.sql})
         WHERE epoch_ms(_timestamp) BETWEEN ${Math.round(from)} AND ${Math.round(to)}`,
      )
      for (const row of found.rows) {
        rows++
        if (typeof row['kafka'] === 'number') fromKafka.push(row['kafka'])
        if (typeof row['event'] === 'number') fromEvent.push(row['event'])
      }
    }
    const within = this.#seen.filter(({ seenAt }) => seenAt >= from && seenAt <= to).length
    return { rows, commits: within, fromKafka, fromEvent }
  }
}

/** The value that a part of the others do not exceed; undefined of none. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}
