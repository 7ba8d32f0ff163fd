import { expect } from 'vitest'
import { z } from 'zod'

import { type FiringAlert, readAlerts } from '../../shared/alerts/index.js'
import { ManualClock } from '../../shared/clock.js'
import { defineStream, double, hourOfDay, numeric, type Stream, timestamp } from '../../shared/contract/index.js'
import { runGold } from '../../shared/pipeline/gold/index.js'
import { catchUp } from '../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { runMonitor } from '../../shared/pipeline/monitor/index.js'
import { runSilver } from '../../shared/pipeline/silver/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { Faults, FaultyStore } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import type { RunListener } from '../../shared/telemetry/index.js'
import { events } from '../harness/sampleStream/events.js'

const withoutModel: Stream = { ...events, model: undefined }
/** Two streams alike: what is wrong with one must not be said of the other. */
const streams: readonly Stream[] = [withoutModel, { ...withoutModel, name: 'orders', topic: 'shop.orders' }]
/** The same, each with a model of its own. */
export const modelStreams: readonly Stream[] = ['events', 'orders'].map(name =>
  defineStream({
    name,
    topic: streams.find(stream => stream.name === name)?.topic ?? name,
    schema: z.object({ event_id: z.string(), event_type: z.string(), timestamp: timestamp(), value: double() }),
    key: 'event_id',
    eventTime: 'timestamp',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    model: {
      uri: `lake:models/${name}-anomaly`,
      features: { value: numeric('value'), hour: hourOfDay('timestamp') },
    },
  }),
)

/** What one turn of the drive does besides letting a minute pass. */
export interface TurnParts {
  /** Records that come to each stream; 3 where absent. */
  readonly events?: number
  readonly orders?: number
  readonly minutes?: number
  /** The value of the n-th event of `events`; one of a hundred where absent. */
  readonly value?: (n: number) => number
  /** Streams that bronze ingests; both when absent. */
  readonly ingest?: readonly string[]
  /** What happens to storage when silver has run, and the monitor has not. */
  readonly meanwhile?: () => Promise<void>
}

/**
 * A lake of two streams on a source and a store in memory, driven minute by minute under one clock: records come, bronze,
 * silver and the monitor run. Faults are put into source, store and clock, and into nothing that an alert reads.
 */
export class DrivenLake implements AsyncDisposable {
  readonly clock = new ManualClock(Date.UTC(2025, 3, 1))
  readonly source = new MemorySource({ now: () => this.clock.now() })
  readonly faults = new Faults()
  readonly store = new FaultyStore(new MemoryStore(this.clock), this.faults, this.clock)
  lake!: Lake
  readonly #settings: Readonly<Record<string, string>>
  readonly #listeners: readonly RunListener[]
  readonly #streams: readonly Stream[]
  #next = 0

  private constructor(
    settings: Readonly<Record<string, string>>,
    listeners: readonly RunListener[],
    declared: readonly Stream[],
  ) {
    this.#settings = settings
    this.#listeners = listeners
    this.#streams = declared
    for (const { topic } of streams) this.source.createTopic(topic, 2)
  }

  static async open(
    settings: Readonly<Record<string, string>> = {},
    listeners: readonly RunListener[] = [],
    declared: readonly Stream[] = streams,
  ): Promise<DrivenLake> {
    const driven = new DrivenLake(settings, listeners, declared)
    await driven.restart()
    return driven
  }

  /** Another process takes over. */
  async restart(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const settings = { LAKE_URL: 'file:///unused', DUCKDB_MEMORY_LIMIT: '256MB', ...this.#settings, ...more }
    const { store, source, clock } = this
    const parts = { store, source, clock, streams: this.#streams, listeners: this.#listeners }
    this.lake = await openLake(readSettings(settings), parts)
  }

  stream(name: string): Stream {
    const found = this.lake.streams.find(one => one.name === name)
    if (found === undefined) throw new Error(`no stream ${name}`)
    return found
  }

  /** Events of now, spread over the partitions; `bad` ones are no JSON. */
  produce(stream: string, count: number, bad = 0, valueOf = (n: number) => n % 100): void {
    const { topic } = streams.find(({ name }) => name === stream) ?? { topic: stream }
    const records = Array.from({ length: count }, (_, i) => {
      const n = this.#next++
      const event = { event_id: String(n), event_type: 'click', timestamp: this.now, value: valueOf(n) }
      const value = i < bad ? Buffer.from(`{"event_id": ${String(n)}`) : Buffer.from(JSON.stringify(event))
      return { key: null, value, timestamp: this.clock.now(), partition: n % 2 }
    })
    this.source.append(topic, records)
  }

  get now(): string {
    return new Date(this.clock.now()).toISOString()
  }

  /** One minute, or several at once: records, bronze, silver, the monitor. @returns the alerts that fire then */
  async turn(parts: TurnParts = {}): Promise<readonly FiringAlert[]> {
    this.clock.advance((parts.minutes ?? 1) * 60_000)
    this.produce('events', parts.events ?? 3, 0, parts.value)
    this.produce('orders', parts.orders ?? 3)
    const ingested = parts.ingest ?? streams.map(({ name }) => name)
    for (const stream of this.lake.streams)
      if (ingested.includes(stream.name)) await catchUp(this.lake, 'timer', { stream, stalledForMs: 0 })
    await runSilver(this.lake, 'timer')
    if (this.#streams.some(({ model }) => model !== undefined)) await runGold(this.lake, 'timer')
    await parts.meanwhile?.()
    await runMonitor(this.lake, 'timer')
    return this.firing()
  }

  /** What fires by the newest rows. */
  async firing(): Promise<readonly FiringAlert[]> {
    return (await readAlerts(this.lake)).firing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lake.close()
  }
}

/** That alert fires for exactly those streams, with that sentence, since the last two minutes. */
export function expectOnly(
  firing: readonly FiringAlert[],
  alert: string,
  stream: string,
  sentence: RegExp,
  now: number,
): void {
  const found = firing.filter(one => one.alert === alert)
  expect([...new Set(found.map(one => one.stream))], alert).toEqual([stream])
  for (const one of found) {
    expect(one.sentence).toMatch(sentence)
    expect(now - one.since).toBeLessThanOrEqual(120_000)
    expect(one.runbook).toBe(`infra/RUNBOOK.md#${alert}`)
  }
}

/** Names of the alerts that fire, each once. */
export function namesOf(firing: readonly FiringAlert[]): readonly string[] {
  return [...new Set(firing.map(one => one.alert))]
}
