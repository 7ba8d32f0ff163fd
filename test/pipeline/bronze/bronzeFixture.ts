import { ManualClock } from '../../../shared/clock.js'
import { bronzePath, type Stream } from '../../../shared/contract/index.js'
import { commitInfoOf, resolveDataPath } from '../../../shared/delta/index.js'
import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import { ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import {
  type MissingRange,
  missingRanges,
  type PartitionProgress,
  readProgress,
} from '../../../shared/pipeline/bronze/progress.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { openLake } from '../../../shared/pipeline/lake/openLake.js'
import type { StepReport } from '../../../shared/pipeline/step/stepReport.js'
import { readSettings } from '../../../shared/settings/index.js'
import type { ProducedRecord, SourceRecord } from '../../../shared/sources/index.js'
import { MemorySource } from '../../../shared/sources/memory/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import type { Logger, RunListener } from '../../../shared/telemetry/index.js'
import type { Row } from '../../../shared/types/index.js'
import type { Lineage, PartitionSpan } from '../../harness/invariants.js'
import { events } from '../../harness/sampleStream/events.js'

/** 2025-04-01T00:00:00Z, milliseconds. */
export const day0 = Date.UTC(2025, 3, 1)

export interface FixtureParts {
  readonly partitions?: number
  readonly stream?: Stream
  /** The streams of the lake; `stream` alone when absent. */
  readonly streams?: readonly Stream[]
  readonly store?: ObjectStore
  readonly source?: MemorySource
  readonly clock?: ManualClock
  readonly settings?: Readonly<Record<string, string>>
  readonly listeners?: readonly RunListener[]
  readonly log?: Logger
}

/** A lake in memory fed by a topic in memory. */
export class BronzeFixture implements AsyncDisposable {
  readonly lake: Lake
  readonly source: MemorySource
  readonly store: ObjectStore
  readonly clock: ManualClock
  readonly stream: Stream

  private constructor(lake: Lake, source: MemorySource, store: ObjectStore, clock: ManualClock, stream: Stream) {
    this.lake = lake
    this.source = source
    this.store = store
    this.clock = clock
    this.stream = stream
  }

  static async open(parts: FixtureParts = {}): Promise<BronzeFixture> {
    const clock = parts.clock ?? new ManualClock(day0)
    const store = parts.store ?? new MemoryStore(clock)
    const stream = parts.stream ?? events
    const source = parts.source ?? new MemorySource({ now: () => clock.now() })
    if (parts.source === undefined) source.createTopic(stream.topic, parts.partitions ?? 1)
    const settings = readSettings({ LAKE_URL: 'file:///unused', ...parts.settings })
    const lake = await openLake(settings, {
      store,
      source,
      clock,
      streams: parts.streams ?? [stream],
      listeners: parts.listeners,
      log: parts.log,
    })
    return new BronzeFixture(lake, source, store, clock, stream)
  }

  /** Another process on the same table and topic. */
  another(
    parts: Pick<FixtureParts, 'store' | 'settings' | 'stream' | 'streams' | 'clock'> = {},
  ): Promise<BronzeFixture> {
    return BronzeFixture.open({
      store: this.store,
      source: this.source,
      clock: this.clock,
      stream: this.stream,
      ...parts,
    })
  }

  /** Events with those numbers, appended to a partition. */
  append(numbers: readonly number[], partition = 0): void {
    this.source.append(
      this.stream.topic,
      numbers.map(n => ({ ...eventRecord(n), partition })),
    )
  }

  /** The records at those offsets, as a trigger would deliver them. */
  async fetch(offsets: readonly number[], partition = 0): Promise<readonly SourceRecord[]> {
    const wanted = new Set(offsets.map(BigInt))
    const found: SourceRecord[] = []
    const log = (await this.source.offsets(this.stream.topic)).find(p => p.partition === partition)
    if (log === undefined) throw new Error(`no partition ${partition}`)
    for await (const batch of this.source.read(this.stream.topic, { partition, start: log.start, end: log.end })) {
      found.push(...batch.records.filter(r => wanted.has(r.offset)))
    }
    return found
  }

  /** What a trigger's invocation with those offsets does; `reread` are those whose bytes it did not keep. */
  async deliver(offsets: readonly number[], partition = 0, reread: readonly number[] = []): Promise<StepReport> {
    const again = reread.map(offset => ({ partition, offset: BigInt(offset) }))
    return await ingestBatch(
      this.lake,
      this.stream,
      { records: await this.fetch(offsets, partition), reread: again },
      'kafka',
    )
  }

  /** Makes every read of the source take that long. */
  slowDown(ms: number): void {
    const read = this.source.read.bind(this.source)
    this.source.read = (...args) => {
      this.clock.advance(ms)
      return read(...args)
    }
  }

  /** What bronze's commits say of themselves, oldest first. */
  async reported(): Promise<readonly ReportedCommit[]> {
    const found: ReportedCommit[] = []
    for await (const { actions } of this.lake.table(bronzePath(this.stream)).commits(0)) {
      const info = commitInfoOf(actions)
      const bronze = (info?.['lake'] as { bronze?: Omit<ReportedCommit, 'rows'> } | undefined)?.bronze
      const metrics = info?.operationMetrics as Record<string, unknown> | undefined
      if (bronze !== undefined) found.push({ ...bronze, rows: Number(metrics?.['numOutputRows']) })
    }
    return found
  }

  /** Every row of bronze, read back from its files. */
  rows(): Promise<readonly Row[]> {
    return this.read(bronzePath(this.stream))
  }

  /** Every row of a table of the lake. */
  read(path: string): Promise<readonly Row[]> {
    return readTable(this.lake, path)
  }

  async lineage(): Promise<readonly Lineage[]> {
    return (await this.rows()).map(row => ({
      topic: row['_topic'] as string,
      generation: row['_generation'] as number,
      partition: row['_partition'] as number,
      offset: row['_offset'] as bigint,
    }))
  }

  async progress(): Promise<ReadonlyMap<number, PartitionProgress>> {
    const state = await this.lake.table(bronzePath(this.stream)).state({ fresh: true })
    return state === undefined ? new Map() : readProgress(state.metadata.id, this.stream.topic, state.txns)
  }

  /** What is recorded as missing. */
  async missing(): Promise<readonly MissingRange[]> {
    const state = await this.lake.table(bronzePath(this.stream)).state({ fresh: true })
    return state === undefined ? [] : missingRanges(state.metadata.id, this.stream.topic, state.txns)
  }

  async version(): Promise<number> {
    return (await this.lake.table(bronzePath(this.stream)).state({ fresh: true }))?.version ?? -1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lake.close()
  }
}

/** Every row of a table, read back from its files. */
export async function readTable(lake: Lake, path: string): Promise<readonly Row[]> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  const rows: Row[] = []
  for (const add of snapshot?.files ?? []) {
    const place = resolveDataPath(table.url, add.path)
    if (place.kind !== 'relative') throw new Error(`${add.path} is not of this table`)
    const file = await openParquet(objectStoreSource(table.store, place.name, add.size))
    for await (const row of file.rows()) rows.push({ ...row, ...add.partitionValues })
  }
  return rows
}

export interface ReportedCommit {
  readonly ranges: readonly Readonly<Record<string, number>>[]
  readonly missing: readonly Readonly<Record<string, number>>[]
  readonly rejections: Readonly<Record<string, number>>
  readonly rows: number
}

/** Whole numbers from `start` up to `end`, which is not one of them. */
export function range(start: number, end: number): readonly number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
}

/** A partition of the sample topic that holds the offsets up to `end`. */
export function span(
  end: number,
  partition = 0,
  more: { readonly absent?: readonly number[]; readonly start?: number; readonly generation?: number } = {},
): PartitionSpan {
  const { absent = [], start = 0, generation = 0 } = more
  return { topic: 'events', partition, generation, start: BigInt(start), end: BigInt(end), absent: absent.map(BigInt) }
}

export function isCommit(path: string): boolean {
  return /_delta_log\/\d{20}\.json$/.test(path)
}

/** A valid event of the sample stream. */
export function eventRecord(n: number): ProducedRecord {
  const event = {
    event_id: String(n),
    event_type: 'click',
    timestamp: new Date(day0 + n * 1000).toISOString(),
    value: String(n),
  }
  return { key: null, value: Buffer.from(JSON.stringify(event)), timestamp: day0 + n * 1000 }
}
