import { ManualClock } from '../../../shared/clock.js'
import { bronzePath, bronzeTable, silverPath, type Stream } from '../../../shared/contract/index.js'
import { type Action, type AddFile, createTable, readsNothing } from '../../../shared/delta/index.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { openLake } from '../../../shared/pipeline/lake/openLake.js'
import {
  copyToParquet,
  DuckDbSession,
  identifier,
  literal,
  openDeltaView,
  publishFile,
  sqlType,
} from '../../../shared/query/index.js'
import { readSettings, type SettingValues } from '../../../shared/settings/index.js'
import type { Source } from '../../../shared/sources/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import type { Row, StructField, Value } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'

export const hour = 3_600_000_000n
export const minute = 60_000_000n
/** 2025-04-01T00:00:00Z, microseconds. */
export const day0 = 1_743_465_600_000_000n

/** A bronze row of the sample stream; what is left out has a default. */
export interface Given {
  readonly id?: string | null
  /** Microseconds after {@link day0}. */
  readonly at?: bigint
  readonly type?: string
  readonly value?: number
  readonly partition?: number
  readonly offset?: bigint
  readonly generation?: number
  /** Microseconds after {@link day0}; in the order of giving when absent. */
  readonly ingestedAt?: bigint
  /** Kafka's time, microseconds after {@link day0}; the event time when absent. */
  readonly kafkaAt?: bigint
  readonly error?: string
  readonly tombstone?: boolean
  readonly more?: Row
}

const noSource: Source = {
  offsets: () => Promise.resolve([]),

  survey: () => Promise.resolve({ partitions: [], unavailable: [] }),
  offsetAt: () => Promise.reject(new Error('silver reads no source')),
  // eslint-disable-next-line @typescript-eslint/require-await
  async *read() {
    throw new Error('silver reads no source')
  },
  identify: () => Promise.resolve(new Map()),
  produce: () => Promise.resolve(),
  close: () => Promise.resolve(),
}

/** A lake in memory whose bronze is written row by row, as a test needs it. */
export class SilverFixture implements AsyncDisposable {
  readonly lake: Lake
  readonly clock: ManualClock
  readonly #session: DuckDbSession
  readonly #others: Lake[] = []

  private constructor(lake: Lake, clock: ManualClock, session: DuckDbSession) {
    this.lake = lake
    this.clock = clock
    this.#session = session
  }

  static async open(
    store: ObjectStore = new MemoryStore(),
    streams: readonly Stream[] = [events],
    settings: SettingValues = {},
  ): Promise<SilverFixture> {
    const clock = new ManualClock(Number(day0 / 1000n) + 86_400_000)
    const lake = await openLake(readSettings({ DUCKDB_MEMORY_LIMIT: '256MB', ...settings }), {
      store,
      streams,
      clock,
      source: noSource,
    })
    return new SilverFixture(lake, clock, await DuckDbSession.open({ memoryLimit: 256 * 2 ** 20 }))
  }

  /** The same lake seen by another process. */
  async other(): Promise<Lake> {
    const { store, streams, settings } = this.lake
    const lake = await openLake(settings, { store, streams, clock: this.clock, source: noSource })
    this.#others.push(lake)
    return lake
  }

  /** Commits rows to bronze, each list a file, as one version. */
  async bronze(
    files: readonly (readonly Given[])[],
    options: { readonly stream?: Stream; readonly dataChange?: boolean; readonly remove?: readonly AddFile[] } = {},
  ): Promise<readonly AddFile[]> {
    const stream = options.stream ?? events
    const table = this.lake.table(bronzePath(stream))
    let state = await table.state({ fresh: true })
    if (state === undefined) {
      await table.commit(createTable({ ...bronzeTable(stream), createdTime: this.clock.now() }))
      state = await table.state({ fresh: true })
    }
    if (state === undefined) throw new Error('bronze cannot be found')
    const { schema } = bronzeTable(stream)
    const adds: AddFile[] = []
    for (const rows of files) {
      const values = rows
        .map(given => this.#bronzeRow(given))
        .map(row => `(${schema.fields.map(field => valueSql(field, row[field.name])).join(', ')})`)
      const columns = schema.fields.map(({ name }) => identifier(name))
      const file = await copyToParquet(this.#session, {
        select: `SELECT * FROM (VALUES ${values.join(', ')}) AS given (${columns.join(', ')})`,
        table: { ...bronzeTable(stream), configuration: {} },
        partitionValues: { _ingest_date: '2025-04-02' },
      })
      if (file !== undefined)
        adds.push({ ...(await publishFile(table.store, file, this.clock)), dataChange: options.dataChange ?? true })
    }
    const removes = (options.remove ?? []).map(({ path, size, partitionValues }): Action => ({
      remove: {
        path,
        dataChange: options.dataChange ?? true,
        deletionTimestamp: this.clock.now(),
        extendedFileMetadata: true,
        size,
        partitionValues,
      },
    }))
    const actions = [...adds.map((add): Action => ({ add })), ...removes]
    const outcome = await table.commit({
      readVersion: state.version,
      actions,
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return adds
  }

  #seen = new WeakMap<Given, bigint>()

  #bronzeRow(given: Given): Row {
    let place = this.#seen.get(given)
    if (place === undefined) this.#seen.set(given, (place = BigInt(this.#given++)))
    const { partition = 0, offset = place, generation = 0, at = 0n, error = null, tombstone = false } = given
    const good = error === null && !tombstone
    return {
      _partition: partition,
      _offset: offset,
      _timestamp: day0 + (given.kafkaAt ?? at),
      _ingested_at: day0 + (given.ingestedAt ?? 48n * hour + place),
      _topic: 'events',
      _generation: generation,
      _error_code: error,
      _value: tombstone ? null : new TextEncoder().encode('{}'),
      event_id: good ? (given.id ?? null) : null,
      event_type: good ? (given.type ?? 'click') : null,
      timestamp: good ? day0 + at : null,
      value: good ? (given.value ?? 1) : null,
      ...(good ? given.more : {}),
    }
  }

  #given = 0

  /** Silver's rows in the order of their offsets. */
  async silver(stream: Stream = events): Promise<readonly Row[]> {
    const snapshot = await this.lake.table(silverPath(stream)).snapshot()
    if (snapshot === undefined) return []
    const store = this.lake.store.within(silverPath(stream))
    using view = await openDeltaView(this.#session, this.lake.files, { store, state: snapshot, files: snapshot.files })
    return (await this.#session.query(`SELECT * FROM (${view.sql}) ORDER BY _partition, _offset`)).rows
  }

  /** The accepted rows as `id@hours`, in the order of their offsets. */
  async accepted(): Promise<readonly string[]> {
    return (await this.silver()).map(
      row => `${row['event_id'] as string}@${Number((row['timestamp'] as bigint) - day0) / Number(hour)}`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close()
    for (const lake of [this.lake, ...this.#others]) await lake.close()
  }
}

function valueSql(field: StructField, value: Value | undefined): string {
  const type = sqlType(field.type)
  if (value === undefined || value === null) return `CAST(NULL AS ${type})`
  if (value instanceof Uint8Array) return `from_hex(${literal(Buffer.from(value).toString('hex'))})`
  if (typeof value === 'object') throw new TypeError(`${field.name} of a test's row is nested`)
  const text = value.toString()
  return field.type === 'timestamp' ? `make_timestamptz(${text}::BIGINT)` : `CAST(${literal(text)} AS ${type})`
}
