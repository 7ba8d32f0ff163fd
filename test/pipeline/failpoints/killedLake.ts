import { bronzePath, resolvedPath, scoredPath, silverPath, summaryPath } from '../../../shared/contract/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { formatJson, type Value } from '../../../shared/types/index.js'
import { BronzeFixture, readTable } from '../bronze/bronzeFixture.js'

/** Small steps and limits, so that a little makes much happen. */
export const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  BRONZE_MAX_COMMIT_ROWS: '5',
  CHECKPOINT_INTERVAL: '2',
  COMPACTION_MIN_FILES: '2',
}

/** A lake, a topic each stream and a time, as they were at one moment. */
export interface Moment {
  readonly store: ObjectStore
  readonly now: number
  readonly topics: readonly (() => void)[]
}

/** A lake in memory whose processes die, and which can be put back to how it was before. */
export class KilledLake {
  readonly base: BronzeFixture
  readonly #settings: Readonly<Record<string, string>>
  #store: ObjectStore

  /** @param settings those of its processes, beside those of all such lakes */
  constructor(base: BronzeFixture, more: Readonly<Record<string, string>> = {}) {
    this.base = base
    this.#settings = { ...settings, ...more }
    this.#store = base.store
  }

  /** What the processes work on now. */
  get store(): ObjectStore {
    return this.#store
  }

  async keep(): Promise<Moment> {
    const { source, clock, lake } = this.base
    const topics = lake.streams.map(({ topic }) => source.backup(topic))
    return { store: await this.#copy(this.#store), now: clock.now(), topics }
  }

  /** Everything as it was then. */
  async back(moment: Moment): Promise<void> {
    const { clock } = this.base
    clock.advance(moment.now - clock.now())
    for (const restore of moment.topics) restore()
    this.#store = await this.#copy(moment.store)
  }

  /** A process on what the lake is now, through `seen` where it is another view of it; the process ends. */
  async during<T>(
    work: (f: BronzeFixture) => Promise<T>,
    seen: (store: ObjectStore) => ObjectStore = store => store,
  ): Promise<T> {
    const { clock, stream, lake } = this.base
    await using f = await BronzeFixture.open({
      store: seen(this.#store),
      source: this.#lent(),
      clock,
      stream,
      streams: lake.streams,
      settings: this.#settings,
    })
    return await work(f)
  }

  /** What must be the same whatever happened: where each row comes from, each key, each window, each outcome. */
  rows(): Promise<unknown> {
    return this.during(async ({ lake }) => {
      const found: Record<string, readonly string[]> = {}
      for (const stream of lake.streams) {
        const event = ['event_type', 'events']
        const columns: Readonly<Record<string, readonly string[]>> = {
          [bronzePath(stream)]: ['_generation', '_partition', '_offset', stream.key, '_error_code'],
          [silverPath(stream)]: [stream.key, '_generation', '_partition', '_offset', '_late'],
          [scoredPath(stream)]: [stream.key, 'model_version'],
          [summaryPath(stream)]: ['window_start', ...event],
          [resolvedPath(stream)]: ['_topic', '_generation', '_partition', '_offset', '_outcome'],
        }
        for (const [path, names] of Object.entries(columns)) {
          const isThere = (await lake.table(path).state({ fresh: true })) !== undefined
          const rows = isThere ? await readTable(lake, path) : []
          found[path] = rows.map(row => formatJson(names.map(name => jsonOf(row[name])))).sort()
        }
      }
      return found
    })
  }

  /** With the times that its objects have: what is due by them is due in the copy. */
  async #copy(store: ObjectStore): Promise<MemoryStore> {
    const { clock } = this.base
    let written: number | undefined
    const copy = new MemoryStore({
      now: () => written ?? clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: ms => clock.sleep(ms),
    })
    for await (const { path, modifiedAt } of store.list('')) {
      written = modifiedAt
      await copy.put(path, (await store.get(path)) ?? new Uint8Array())
    }
    written = undefined
    return copy
  }

  /** The topics outlive the processes that read them. */
  #lent() {
    return new Proxy(this.base.source, {
      get(target, name) {
        if (name === 'close') return () => Promise.resolve()
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  }
}

const jsonOf = (value: Value | undefined) =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? value
    : null

/** Identities of the monitor's newest look that do not close. */
export async function openIdentities(lake: Lake): Promise<readonly unknown[]> {
  const rows = await readTable(lake, 'monitor_logs')
  const newest = rows.reduce((last, row) => {
    const time = row['run_time'] as bigint
    return time > last ? time : last
  }, 0n)
  return rows.filter(row => row['run_time'] === newest && row['identity_closed'] === false).map(row => row['identity'])
}
