import { createHash } from 'node:crypto'

import { ManualClock } from '../../shared/clock.js'
import { isProgrammingError, isRetryable } from '../../shared/errors.js'
import { eraseKeys } from '../../shared/pipeline/erasure/index.js'
import { resumeStream } from '../../shared/pipeline/pause/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { Faults, FaultyStore, type StorageOperation } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { events } from '../harness/sampleStream/events.js'
import { BronzeFixture, range } from '../pipeline/bronze/bronzeFixture.js'
import { Death } from '../pipeline/death.js'
import { Random } from '../random.js'
import { Baton } from './baton.js'
import { commands, fillBack, reset, streams, timers } from './seededSteps.js'
import { SeededTopics } from './seededTopics.js'
import { storageFate } from './storageFate.js'

const hour = 3_600_000
const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  BRONZE_MAX_COMMIT_ROWS: '8',
  CHECKPOINT_INTERVAL: '3',
  COMPACTION_MIN_FILES: '3',
  ALERT_LAG: '10',
}

type TimerName = keyof typeof timers
type CommandName = keyof typeof commands
const timerNames: readonly TimerName[] = ['bronze', 'bronze', 'bronze', ...(Object.keys(timers) as TimerName[])]
const commandNames = Object.keys(commands) as CommandName[]

/**
 * A lake and topics in memory to which everything happens that a seed draws: poison batches, transactions, retention, a
 * topic that is created again, brokers and storage that go away and come back, a disk that is full, clocks that jump, and
 * processes, one or two at a time, that do what functions and commands do and die at any of their writes. The same seed
 * gives the same run, write by write.
 */
export class SeededLake implements AsyncDisposable {
  /** A process that nothing happens to. */
  readonly base: BronzeFixture
  readonly topics: SeededTopics
  /** What should not have been thrown. */
  readonly surprises: unknown[] = []
  /** Keys of which somebody has begun the erasure. */
  readonly erased = new Set<string>()
  /** What has happened, in words. */
  readonly story: string[] = []
  readonly #random: Random
  readonly #digest = createHash('sha1')

  private constructor(base: BronzeFixture, topics: SeededTopics, random: Random) {
    this.base = base
    this.topics = topics
    this.#random = random
  }

  static async open(random: Random): Promise<SeededLake> {
    const clock = new ManualClock(Date.UTC(2025, 3, 1))
    const source = new MemorySource({ now: () => clock.now() })
    const topics = new SeededTopics(source, random)
    const store = new MemoryStore(clock)
    const base = await BronzeFixture.open({ clock, source, store, streams, settings })
    return new SeededLake(base, topics, random)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.base[Symbol.asyncDispose]()
  }

  /** All writes of all processes, in their order, in short. */
  digest(): string {
    return this.#digest.copy().digest('hex')
  }

  /** Something comes, something may happen to the topic, and one or two hosts run a step each. */
  async turn(): Promise<void> {
    const random = this.#random
    for (let n = random.below(3); n >= 0; n--) await this.topics.send()
    if (random.below(6) === 0) await this.topics.retain()
    if (random.below(25) === 0)
      this.#happens('the topic is created again', () => {
        this.topics.recreate()
      })
    if (random.below(8) === 0)
      this.#happens('the broker restarts', () => {
        this.topics.restart()
      })
    const hosts = 1 + random.below(2)
    const baton = new Baton(hosts, new Random(random.below(2 ** 31)))
    const processes = range(0, hosts).map(host => this.#process(host, baton))
    await Promise.all(processes.map(run => run()))
    const pause = random.below(12) === 0 ? 240 * hour : random.below(5) === 0 ? 24 * hour : 60_000
    this.base.clock.advance(1_000 + random.below(pause))
  }

  /** Everything until nothing is left, with nothing in its way; what failed then, in words. */
  async settle(): Promise<readonly string[]> {
    const failed: string[] = []
    const { lake, clock } = this.base
    await this.topics.logs()
    await resumeStream(lake.store, events)
    await timers.bronze(lake)
    await reset(lake)
    const all = async (name: TimerName | 'fillBack') => {
      for (let more = true, n = 0; more && n < 20; n++) {
        clock.advance(60_000)
        const reports: readonly StepReport[] = name === 'fillBack' ? await fillBack(lake) : await timers[name](lake)
        for (const { step, error } of reports) if (error !== undefined) failed.push(`${step}: ${error.message}`)
        more = reports.some(report => report.more === true)
      }
    }
    for (const name of ['bronze', 'fillBack', 'silver', 'gold', 'monitor'] as const) await all(name)
    await commands.replay(lake)
    for (const key of this.erased) {
      clock.advance(3 * hour)
      await eraseKeys(lake, events, [key])
    }
    for (const name of ['silver', 'gold', 'maintenance', 'monitor', 'monitor'] as const) await all(name)
    return failed
  }

  #happens(what: string, act: () => void): void {
    this.story.push(what)
    act()
  }

  /** Draws what a host does and what befalls it; does it when called. */
  #process(host: number, baton: Baton): () => Promise<void> {
    const random = this.#random
    const isCommand = random.below(4) === 0
    const name = isCommand ? random.pick(commandNames) : random.pick(timerNames)
    const key = this.topics.anyKey()
    const fate = storageFate(random)
    const skew = random.below(5) === 0 ? (random.below(7_200) - 3_600) * 1_000 : 0
    this.story.push(
      `host ${host}: ${name}${skew === 0 ? '' : `, its clock ${skew / 1000} s off`}, ${fate.constructor.name}`,
    )
    if (name === 'erase') this.erased.add(key)
    return async () => {
      const { store: own, clock } = this.base
      const store = new FaultyStore(new FaultyStore(this.#told(own), fate, clock), baton.faultsOf(host), clock)
      try {
        await baton.pass(host, false)
        const hosts = skew === 0 ? {} : { clock: new ManualClock(clock.now() + skew) }
        const f = await this.base.another({ store, settings, streams, ...hosts })
        const act: (typeof commands)[CommandName] | (typeof timers)[TimerName] = { ...timers, ...commands }[name]
        await act(f.lake, key)
      } catch (error) {
        // A process that died tells nobody why; a command says what keeps it from its work.
        const isFine = isCommand ? !isProgrammingError(error) : isRetryable(error)
        if (!(fate instanceof Death) && !isFine) this.surprises.push(error)
      } finally {
        baton.end(host)
      }
    }
  }

  /** Every write that comes to the store is told to the digest. */
  #told(store: MemoryStore | BronzeFixture['store']) {
    const digest = this.#digest
    return new FaultyStore(
      store,
      new (class extends Faults {
        override take(operation: StorageOperation, path: string): undefined {
          if (['put', 'putIfAbsent', 'close', 'delete'].includes(operation)) digest.update(`${operation} ${path}\n`)
        }
      })(),
    )
  }
}
