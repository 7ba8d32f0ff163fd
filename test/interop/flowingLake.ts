import { expect } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { bronzePath, scoredPath, silverPath, type Stream } from '../../shared/contract/index.js'
import { commitInfoOf, resolveDataPath } from '../../shared/delta/index.js'
import { objectStoreSource, openParquet } from '../../shared/parquet/index.js'
import { runGold } from '../../shared/pipeline/gold/index.js'
import { catchUp, runMonitor, runSilver } from '../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { refreshModels } from '../../shared/pipeline/models/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { Faults, FaultyStore } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import type { Row } from '../../shared/types/index.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { day0, readTable } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'

const dayMs = 86_400_000

/** What the monitor says of gold once events have come. */
export interface Turn {
  /** What was said to whoever asked the server for the first stream's model; empty when all is well. */
  readonly error: string
  /** By stream. */
  readonly gold: Readonly<Record<string, Row>>
  /** Every row of the run. */
  readonly rows: readonly Row[]
}

/** A lake in memory that events flow through, from a topic of two partitions for each stream to gold. */
export class FlowingLake implements AsyncDisposable {
  readonly clock = new ManualClock(day0 + dayMs)
  readonly faults = new Faults()
  lake!: Lake
  readonly #store = new FaultyStore(new MemoryStore(this.clock), this.faults, this.clock)
  readonly #source = new MemorySource({ now: () => this.clock.now() })
  readonly #streams: readonly Stream[]
  readonly #settings: Readonly<Record<string, string>>
  readonly #keys = new Map<string, Set<string>>()
  #produced = 0

  private constructor(streams: readonly Stream[], settings: Readonly<Record<string, string>>) {
    this.#streams = streams
    this.#settings = { LAKE_URL: 'file:///unused', DUCKDB_MEMORY_LIMIT: '256MB', ...settings }
    for (const { topic } of streams) this.#source.createTopic(topic, 2)
  }

  static async open(streams: readonly Stream[], settings: Readonly<Record<string, string>>): Promise<FlowingLake> {
    const flowing = new FlowingLake(streams, settings)
    flowing.lake = await flowing.#open(flowing.#source)
    return flowing
  }

  /** Another process, as the function is one that asks the server. */
  async another(settings: Readonly<Record<string, string>> = {}): Promise<Lake & AsyncDisposable> {
    const lake = await this.#open(new MemorySource(), settings)
    return { ...lake, [Symbol.asyncDispose]: () => lake.close() }
  }

  #open(source: MemorySource, more: Readonly<Record<string, string>> = {}): Promise<Lake> {
    const parts = { store: this.#store, source, clock: this.clock, streams: this.#streams }
    return openLake(readSettings({ ...this.#settings, ...more }), parts)
  }

  /** New events, of two days and some of them twice, go from the topics to gold. */
  async flow(): Promise<void> {
    for (const stream of this.#streams) this.#produce(stream, 8)
    for (const stream of this.#streams) ok(await catchUp(this.lake, 'timer', { stream, stalledForMs: 0 }))
    ok(await runSilver(this.lake, 'timer'))
    ok(await runGold(this.lake, 'timer'))
  }

  #produce({ name, topic }: Stream, count: number): void {
    const keys = this.#keys.get(name) ?? new Set()
    this.#keys.set(name, keys)
    for (let i = 0; i < count; i++) {
      const n = this.#produced++
      const timestamp = new Date(this.clock.now() - (i % 2) * dayMs).toISOString()
      const event = { event_id: `${name}${n}`, event_type: 'click', timestamp, value: 1_000 + n }
      const value = Buffer.from(JSON.stringify(event))
      const record = { key: null, value, timestamp: this.clock.now(), partition: n % 2 }
      keys.add(event.event_id)
      this.#source.append(topic, i % 3 === 0 ? [record, record] : [record])
    }
  }

  /** A minute in which events flow while a process asks the server; the monitor looks at its end. */
  async turn(asking: Lake = this.lake): Promise<Turn> {
    this.clock.advance(60_000)
    const [[asked]] = await Promise.all([refreshModels(asking, 'timer'), this.flow()])
    this.clock.advance(1_000)
    const at = BigInt(this.clock.now()) * 1000n
    ok(await runMonitor(this.lake, 'timer'))
    const rows = (await readTable(this.lake, 'monitor_logs')).filter(row => (row['run_time'] as bigint) >= at)
    const ofGold = rows.filter(row => row['layer'] === 'gold')
    const gold = Object.fromEntries(ofGold.map(row => [row['stream'] as string, row]))
    return { error: asked?.error?.message ?? '', gold, rows }
  }

  /** The versions of the rows that gold has scored last. */
  async lastVersions(stream: Stream): Promise<readonly unknown[]> {
    const rows = await readTable(this.lake, scoredPath(stream))
    const newest = rows.map(row => row['scored_at'] as bigint).reduce((a, b) => (b > a ? b : a))
    return [...new Set(rows.filter(row => row['scored_at'] === newest).map(row => row['model_version']))]
  }

  /** Every event is once in each layer. */
  async expectEachOnce(stream: Stream): Promise<void> {
    const bronze = await readTable(this.lake, bronzePath(stream))
    const lineage = bronze.map(row => ({
      topic: row['_topic'] as string,
      generation: row['_generation'] as number,
      partition: row['_partition'] as number,
      offset: row['_offset'] as bigint,
    }))
    const spans = (await this.#source.offsets(stream.topic)).map(span => ({ ...span, topic: stream.topic }))
    expect(eachOffsetOnce(lineage, spans)).toEqual([])
    const keys = this.#keys.get(stream.name) ?? new Set()
    for (const path of [silverPath(stream), scoredPath(stream)]) {
      const rows = await readTable(this.lake, path)
      const found = rows.map(row => row['event_id'] as string)
      expect(eachKeyOnce(found, keys), path).toEqual([])
    }
  }

  /** The models of each commit of gold, of its rows and as it says itself, oldest first. */
  async modelsByCommit(stream: Stream): Promise<readonly (readonly [said: string, rows: readonly string[]])[]> {
    const table = this.lake.table(scoredPath(stream))
    const found: (readonly [string, readonly string[]])[] = []
    for await (const { actions } of table.commits(0)) {
      const models = new Set<string>()
      for (const action of actions) {
        if (!('add' in action)) continue
        const place = resolveDataPath(table.url, action.add.path)
        if (place.kind !== 'relative') throw new Error(`${action.add.path} is not of this table`)
        const file = await openParquet(objectStoreSource(table.store, place.name, action.add.size))
        for await (const row of file.rows()) models.add(modelOf(row))
      }
      const said = (commitInfoOf(actions)?.['lake'] as { gold?: Row } | undefined)?.gold
      if (models.size > 0) found.push([modelOf(said ?? {}), [...models]])
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lake.close()
  }
}

function modelOf(row: Row): string {
  const { model, model_name: name = model, model_version: version, model_digest: digest } = row
  return [name, version, digest].map(String).join(' ')
}
