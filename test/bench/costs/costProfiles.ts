import { ManualClock } from '../../../shared/clock.js'
import type { Stream } from '../../../shared/contract/index.js'
import { catchUp, ingestBatch, runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import type { ProducedRecord, SourceRecord } from '../../../shared/sources/index.js'
import { MemorySource } from '../../../shared/sources/memory/index.js'
import { MemoryStore, usageBetween } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { bronzeLoads } from '../bronzeLoads.js'
import { keyOwner } from '../keyOwner.js'
import { peersRecord } from '../peers/peersLoad.js'
import type { RunProfile, StepProfile } from './costModel.js'

const partitions = 4

/** The schedules that the settings have by default, in seconds: how often, and how far behind the full minute. */
const timers = [
  { step: 'silver', every: 60, at: 0, run: (lake: Lake) => runSilver(lake, 'timer') },
  { step: 'gold', every: 60, at: 10, run: (lake: Lake) => runGold(lake, 'timer') },
  { step: 'monitor', every: 60, at: 20, run: (lake: Lake) => runMonitor(lake, 'timer'), isAlwaysBusy: true },
  { step: 'maintenance', every: 600, at: 0, run: (lake: Lake) => runMaintenance(lake, 'timer'), isAlwaysBusy: true },
  { step: 'catchUp', every: 300, at: 0, run: (lake: Lake) => catchUp(lake, 'timer', { stalledForMs: 60_000 }) },
] as const

/** Events of one shape, whose keys are random and whose time is now. */
export interface CostLoad {
  readonly name: string
  readonly stream: Stream
  readonly record: (id: number, time: number) => ProducedRecord
}

/** The sample stream's events, small ones. */
export const smallEvents: CostLoad = { name: 'flat', stream: events, record: peersRecord }

/** Events of 1 KB, by the name that the benchmark of bronze has for them. */
export function largeEvents(): CostLoad {
  const load = bronzeLoads.find(({ name }) => name === '1 KB')
  if (load === undefined) throw new Error('The benchmark of bronze has no events of 1 KB.')
  return {
    name: load.name,
    stream: load.stream,
    record(id, time) {
      const event = load.event(keyOwner(id)) as Readonly<Record<string, unknown>>
      const key = Buffer.from(String(event['event_id']))
      const value = Buffer.from(JSON.stringify({ ...event, timestamp: new Date(time).toISOString() }))
      return { key, value, timestamp: time }
    },
  }
}

/** What the steps take at a rate and a commit interval, and how many bytes of keys and values an event has. */
export interface MeasuredCase {
  readonly profiles: readonly StepProfile[]
  readonly bytesPerEvent: number
}

/**
 * Runs every function of the pipeline as often as its timer says, through `minutes` of a clock that is moved by hand, over
 * a lake and a topic in memory: bronze by deliveries of a commit interval's events. Storage operations are counted at the
 * object store, processor time is the process's. Then what executions take that find nothing to do.
 */
export async function measureCase(
  { stream, record }: CostLoad,
  eventsPerSecond: number,
  intervalSeconds: number,
  minutes: number,
): Promise<MeasuredCase> {
  const clock = new ManualClock(Date.UTC(2026, 10, 2))
  const source = new MemorySource({ now: () => clock.now() })
  source.createTopic(stream.topic, partitions)
  const settings = readSettings({ LAKE_URL: 'file:///unused' })
  const lake = await openLake(settings, { source, clock, store: new MemoryStore(clock), streams: [stream] })
  try {
    const busy = new Executions(lake)
    const topic = new Topic(source, clock, stream.topic, record)
    for (let second = 1; second <= minutes * 60; second++) {
      clock.advance(Math.max(0, 1_000 * second - (clock.now() - topic.begun)))
      if (second % intervalSeconds === 0) {
        const records = topic.deliver(eventsPerSecond * intervalSeconds)
        await busy.run('bronze', async () => [await ingestBatch(lake, stream, { records, reread: [] }, 'kafka')])
        topic.forget()
      }
      for (const { step, every, at, run } of timers) if (second % every === at) await busy.run(step, () => run(lake))
    }
    // What is left is done with first, so that the second run of each finds nothing.
    const idle = new Executions(lake)
    for (const { step, run } of timers) await new Executions(lake).run(step, () => run(lake))
    for (let again = 0; again < idleRuns; again++) {
      clock.advance(60_000)
      for (const { step, run } of timers) await idle.run(step, () => run(lake))
    }
    return {
      profiles: [
        { step: 'bronze', everyMs: undefined, busy: busy.mean('bronze'), idle: idle.mean('bronze') },
        ...timers.map(({ step, every, ...timer }) => ({
          step,
          everyMs: every * 1_000,
          busy: busy.mean(step),
          idle: idle.mean(step),
          isAlwaysBusy: 'isAlwaysBusy' in timer,
        })),
      ],
      bytesPerEvent: topic.sent === 0 ? 0 : topic.bytes / topic.sent,
    }
  } finally {
    await lake.close()
  }
}

const idleRuns = 5

/** What executions of functions took: a run of a step may be several runs of `cluster_logs`, and is one execution. */
class Executions {
  readonly #lake: Lake
  readonly #taken = new Map<string, RunProfile[]>()

  constructor(lake: Lake) {
    this.#lake = lake
  }

  async run(step: string, execute: () => Promise<readonly StepReport[]>): Promise<void> {
    const { store } = this.#lake
    const [before, cpuBefore] = [store.usage(), process.cpuUsage()]
    const reports = await execute()
    const failed = reports.find(({ outcome }) => outcome === 'failed')
    if (failed !== undefined) throw new Error(JSON.stringify(failed))
    const { user, system } = process.cpuUsage(cpuBefore)
    const { reads, writes, lists, deletes, bytesWritten } = usageBetween(before, store.usage())
    const one: RunProfile = {
      cpuMs: (user + system) / 1_000,
      reads,
      writes,
      lists,
      deletes,
      rowsOut: reports.reduce((sum, { rowsOut }) => sum + rowsOut, 0),
      bytesOut: bytesWritten,
    }
    this.#taken.set(step, [...(this.#taken.get(step) ?? []), one])
  }

  mean(step: string): RunProfile {
    const taken = this.#taken.get(step) ?? []
    const mean = (of: (one: RunProfile) => number) =>
      taken.reduce((sum, one) => sum + of(one), 0) / Math.max(1, taken.length)
    return {
      cpuMs: mean(one => one.cpuMs),
      reads: mean(one => one.reads),
      writes: mean(one => one.writes),
      lists: mean(one => one.lists),
      deletes: mean(one => one.deletes),
      rowsOut: mean(one => one.rowsOut),
      bytesOut: mean(one => one.bytesOut),
    }
  }
}

/** Events of now in a topic in memory, which keeps no more than it must. */
class Topic {
  sent = 0
  bytes = 0
  readonly begun: number
  readonly #source: MemorySource
  readonly #clock: ManualClock
  readonly #name: string
  readonly #record: CostLoad['record']

  constructor(source: MemorySource, clock: ManualClock, name: string, record: CostLoad['record']) {
    this.#source = source
    this.#clock = clock
    this.#name = name
    this.#record = record
    this.begun = clock.now()
  }

  deliver(count: number): readonly SourceRecord[] {
    const records: SourceRecord[] = []
    const next = this.#source.partitions(this.#name).map(({ end }) => BigInt(end))
    for (let i = 0; i < count; i++) {
      const record = this.#record(this.sent++, this.#clock.now())
      this.#source.append(this.#name, [record])
      const partition = this.#source.partitionOf(this.#name, record)
      const offset = next[partition] ?? 0n
      next[partition] = offset + 1n
      this.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
      const { key, value, timestamp = 0 } = record
      records.push({ topic: this.#name, partition, offset, timestamp, key, value, headers: [] })
    }
    return records
  }

  /** What was delivered is covered; the last record of a partition stays, by which the topic is known. */
  forget(): void {
    for (const [partition, { end }] of this.#source.partitions(this.#name).entries())
      this.#source.deleteRecords(this.#name, partition, BigInt(Math.max(0, end - 1)))
  }
}
