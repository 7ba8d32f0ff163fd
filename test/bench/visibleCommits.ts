import { systemClock } from '../../shared/clock.js'
import type { Stream } from '../../shared/contract/index.js'
import { type AddFile, readCommitFile } from '../../shared/delta/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { DuckDbSession, identifier, openDeltaView } from '../../shared/query/index.js'

/** What one commit brought, as a reader found it. */
export interface SeenCommit {
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
  readonly #lookEveryMs: number
  readonly #seen: SeenCommit[] = []
  readonly #files = new Set<string>()
  #versions = 0
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  /** @param lookEveryMs how much later than it is the case a version can be seen */
  constructor(lake: Lake, path: string, lookEveryMs = 20) {
    this.#lake = lake
    this.#path = path
    this.#lookEveryMs = lookEveryMs
    this.#running = this.#follow()
  }

  /** Versions that were seen. */
  get versions(): number {
    return this.#versions
  }

  /** Data files of the newest of them. */
  get files(): number {
    return this.#files.size
  }

  async #follow(): Promise<void> {
    const store = this.#lake.store.within(this.#path)
    while (!this.#ending.signal.aborted) {
      const commit = await readCommitFile(store, this.#versions).catch(() => undefined)
      if (commit === undefined) {
        await systemClock.sleep(this.#lookEveryMs, this.#ending.signal).catch(() => undefined)
        continue
      }
      const files: AddFile[] = []
      for (const action of commit.actions) {
        if ('remove' in action) this.#files.delete(action.remove.path)
        if (!('add' in action)) continue
        this.#files.add(action.add.path)
        if (action.add.dataChange) files.push(action.add)
      }
      if (files.length > 0) this.#seen.push({ seenAt: Date.now(), files })
      this.#versions++
    }
  }

  /** What came since it was asked for last, out of memory. */
  take(): readonly SeenCommit[] {
    return this.#seen.splice(0)
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('The measurement is over.'))
    await this.#running
  }

  /** Of the rows of those commits whose timestamp of Kafka's lies from `from` to `to`, milliseconds since 1970. */
  async waits(stream: Stream, from: number, to: number, commits: readonly SeenCommit[] = this.#seen): Promise<Waits> {
    const table = this.#lake.table(this.#path)
    const state = await table.state({ fresh: true })
    const [fromKafka, fromEvent]: [number[], number[]] = [[], []]
    let rows = 0
    if (state === undefined) return { rows, commits: 0, fromKafka, fromEvent }
    await using session = await DuckDbSession.open()
    const event = identifier(stream.eventTime)
    for (const { seenAt, files } of commits) {
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
    const within = commits.filter(({ seenAt }) => seenAt >= from && seenAt <= to).length
    return { rows, commits: within, fromKafka, fromEvent }
  }
}

/** The value that a part of the others do not exceed; undefined of none. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}
