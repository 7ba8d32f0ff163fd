import { ManualClock } from '../../shared/clock.js'
import { rebuildGold } from '../../shared/pipeline/gold/index.js'
import { catchUp, runGold, runMaintenance, runMonitor, runSilver } from '../../shared/pipeline/index.js'
import { rebuildSilver } from '../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { Faults, FaultyStore } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import type { PartitionSpan } from '../harness/invariants.js'
import { BronzeFixture, eventRecord, range } from '../pipeline/bronze/bronzeFixture.js'
import { Death } from '../pipeline/death.js'
import type { Random } from '../random.js'

const partitions = 3
const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  BRONZE_MAX_COMMIT_ROWS: '8',
  CHECKPOINT_INTERVAL: '3',
  COMPACTION_MIN_FILES: '3',
}

type Step = (f: BronzeFixture) => Promise<readonly StepReport[]>

const steps: readonly Step[] = [
  f => catchUp(f.lake, 'timer', { stalledForMs: 0 }),
  f => catchUp(f.lake, 'timer', { stalledForMs: 0 }),
  f => runSilver(f.lake, 'timer'),
  f => runGold(f.lake, 'timer'),
  f => runMaintenance(f.lake, 'timer'),
  f => runMonitor(f.lake, 'timer'),
  async f => [await rebuildSilver(f.lake, f.stream)],
  f => rebuildGold(f.lake, f.stream),
]

/**
 * A lake and a topic in memory to which everything happens that a seed draws: poison batches, transactions, retention, a
 * topic that is created again, brokers and storage that go away and come back, a disk that is full, clocks that jump, and
 * processes, one or two at a time, that die at any of their writes.
 */
export class SeededLake implements AsyncDisposable {
  /** A process that nothing happens to. */
  readonly base: BronzeFixture
  readonly surprises: unknown[] = []
  readonly #random: Random
  /** Offsets that carry no record, by generation and partition; of generations that are gone, where they ended too. */
  readonly #holes = new Map<string, Set<bigint>>()
  #sent = 0

  private constructor(base: BronzeFixture, random: Random) {
    this.base = base
    this.#random = random
  }

  static async open(random: Random): Promise<SeededLake> {
    const clock = new ManualClock(Date.UTC(2025, 3, 1))
    const source = new MemorySource({ now: () => clock.now() })
    source.createTopic('events', partitions)
    const base = await BronzeFixture.open({ clock, source, store: new MemoryStore(clock), settings })
    return new SeededLake(base, random)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.base[Symbol.asyncDispose]()
  }

  /** Something comes, something may happen to the topic, and one or two processes run a step each. */
  async turn(): Promise<void> {
    const random = this.#random
    for (let n = random.below(3); n >= 0; n--) await this.#send()
    if (random.below(6) === 0) await this.#retain()
    const hosts = 1 + random.below(2)
    await Promise.all(range(0, hosts).map(() => this.#process(random.pick(steps))))
    this.base.clock.advance(1_000 + random.below(random.below(5) === 0 ? 86_400_000 : 60_000))
  }

  /** Every step until nothing is left, with nothing in its way; what failed then, in words. */
  async settle(): Promise<readonly string[]> {
    const failed: string[] = []
    await this.#logs()
    for (const step of [...steps.slice(0, 6), steps[5]]) {
      this.base.clock.advance(60_000)
      for (let more = true, n = 0; more && n < 20; n++) {
        const reports = (await step?.(this.base)) ?? []
        for (const { step: name, error } of reports) if (error !== undefined) failed.push(`${name}: ${error.message}`)
        more = reports.some(report => report.more === true)
      }
    }
    return failed
  }

  /** What every partition is known to hold, from where bronze began, less what was recorded as missing. */
  async spans(): Promise<readonly PartitionSpan[]> {
    const missing = (await this.base.reported()).flatMap(told => told.missing)
    const progress = await this.base.progress()
    return (await this.#logs()).map(({ partition, end }) => {
      const gone = missing
        .filter(one => one['partition'] === partition)
        .flatMap(one => range(Number(one['start']), Number(one['end'])).map(BigInt))
      const absent = [...(this.#holes.get(String(partition)) ?? []), ...gone]
      return { topic: 'events', partition, start: progress.get(partition)?.start ?? end, end, absent }
    })
  }

  /** Identities of the newest look that do not close. */
  async openIdentities(): Promise<readonly string[]> {
    const rows = await this.base.read('monitor_logs')
    const newest = rows.reduce(
      (last, row) => ((row['run_time'] as bigint) > last ? (row['run_time'] as bigint) : last),
      0n,
    )
    return rows
      .filter(row => row['run_time'] === newest && row['identity_closed'] === false)
      .map(row => row['identity'] as string)
  }

  async #send(): Promise<void> {
    const random = this.#random
    const { source } = this.base
    const partition = random.below(partitions)
    const end = (await this.#logs())[partition]?.end ?? 0n
    const isPoison = random.below(8) === 0
    const records = range(0, 1 + random.below(12)).map(() => {
      const n = random.below(10) === 0 && this.#sent > 0 ? random.below(this.#sent) : this.#sent++
      const record = { ...eventRecord(n), partition }
      if (isPoison || random.below(25) === 0) return { ...record, value: Buffer.from('{"event_id":') }
      return random.below(30) === 0 ? { ...record, value: null } : record
    })
    if (random.below(6) > 0) {
      source.append('events', records)
      return
    }
    const transaction = source.begin()
    transaction.append('events', records)
    const isKept = random.below(2) === 0
    if (isKept) transaction.commit()
    else transaction.abort()
    const holes = this.#holes.get(String(partition)) ?? new Set<bigint>()
    this.#holes.set(String(partition), holes)
    if (!isKept) for (let n = 0n; n < BigInt(records.length); n++) holes.add(end + n)
    holes.add(end + BigInt(records.length))
  }

  /** The topic as it is; every partition has a leader again. */
  async #logs() {
    const { source } = this.base
    for (const partition of range(0, partitions)) source.electLeader('events', partition)
    return source.offsets('events')
  }

  /** Retention takes the oldest records, read or not. */
  async #retain(): Promise<void> {
    const log = this.#random.pick(await this.#logs())
    const most = Number(log.end - log.start)
    this.base.source.deleteRecords('events', log.partition, log.start + BigInt(this.#random.below(most + 1)))
  }

  async #process(step: Step): Promise<void> {
    const random = this.#random
    const faults = this.#trouble()
    const clock =
      random.below(5) === 0 ? new ManualClock(this.base.clock.now() + (random.below(7_200) - 3_600) * 1_000) : undefined
    if (random.below(8) === 0) this.base.source.failLeader('events', random.below(partitions), 1 + random.below(3))
    const store = new FaultyStore(this.base.store, faults, this.base.clock)
    const f = await this.base.another({ store, settings, ...(clock === undefined ? {} : { clock }) })
    try {
      await step(f)
    } catch (error) {
      // A process that died tells nobody why.
      if (!(faults instanceof Death)) this.surprises.push(error)
    }
  }

  /** What is wrong with storage, or with the process, while one step runs. */
  #trouble(): Faults {
    const random = this.#random
    const next = () => random.next()
    switch (random.below(5)) {
      case 0:
      case 1:
        return new Death(random.below(random.below(2) === 0 ? 4 : 20), random.below(2) === 0)
      case 2: {
        const kind = random.pick(['fail', 'loseAnswer'] as const)
        return new Faults(next).add({
          on: ['get', 'list', 'put', 'putIfAbsent', 'close'],
          chance: 0.2,
          times: 3,
          fault: { kind },
        })
      }
      case 3: {
        // A disk that is full, or a storage that is away: nothing can be written for a while.
        const fault = { kind: 'fail', code: random.pick(['STORAGE_FAILED', 'STORAGE_UNAVAILABLE'] as const) } as const
        const on = ['put', 'putIfAbsent', 'create', 'close'] as const
        return new Faults(next).add({ on, after: random.below(6), times: 1_000, fault })
      }
      default:
        return new Faults(next)
    }
  }
}
