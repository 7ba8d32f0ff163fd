import { ManualClock } from '../../../shared/clock.js'
import { catchUp, ingestBatch, runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { MemorySource } from '../../../shared/sources/memory/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { CostLoad } from './costLoads.js'
import type { StepProfile } from './costModel.js'
import { DeliveredTopic } from './deliveredTopic.js'
import { Executions } from './executions.js'

const partitions = 4

/**
 * The schedules that the settings have by default, in seconds: how often, and how far behind the full minute; but that
 * maintenance comes at the end of the ten minutes that it is measured with.
 */
const timers = [
  { step: 'silver', every: 60, at: 0, run: (lake: Lake) => runSilver(lake, 'timer') },
  { step: 'gold', every: 60, at: 10, run: (lake: Lake) => runGold(lake, 'timer') },
  { step: 'monitor', every: 60, at: 20, run: (lake: Lake) => runMonitor(lake, 'timer'), isAlwaysBusy: true },
  { step: 'maintenance', every: 600, at: 0, run: (lake: Lake) => runMaintenance(lake, 'timer'), isAlwaysBusy: true },
  { step: 'catchUp', every: 300, at: 0, run: (lake: Lake) => catchUp(lake, 'timer', { stalledForMs: 60_000 }) },
] as const

/** What the steps take at a rate and a commit interval, and how many bytes of keys and values an event has. */
export interface MeasuredCase {
  readonly profiles: readonly StepProfile[]
  readonly bytesPerEvent: number
}

/** What is measured. */
export interface CostRun {
  readonly load: CostLoad
  readonly eventsPerSecond: number
  /** From one delivery to the next. */
  readonly intervalSeconds: number
  readonly minutes: number
  /** Events that all tables have before it begins; none when absent. */
  readonly eventsBefore?: number | undefined
}

/**
 * Runs every function of the pipeline as often as its timer says, through `minutes` of a clock that is moved by hand, over
 * a lake and a topic in memory: bronze by deliveries of a commit interval's events. Storage operations are counted at the
 * object store, processor time is the process's. Then what executions take that find nothing to do.
 */
export async function measureCase({ load, eventsBefore = 0, ...run }: CostRun): Promise<MeasuredCase> {
  const { eventsPerSecond, intervalSeconds, minutes } = run
  const { stream } = load
  const clock = new ManualClock(Date.UTC(2026, 10, 2))
  const source = new MemorySource({ now: () => clock.now() })
  source.createTopic(stream.topic, partitions)
  const settings = readSettings({ LAKE_URL: 'file:///unused' })
  const store = new MemoryStore(clock)
  const open = () => openLake(settings, { source, clock, store, streams: [stream] })
  const topic = new DeliveredTopic(source, clock, load)
  await using instances = await Instances.open(open)
  await fill(instances, clock, topic, load, eventsBefore)
  const [begun, busy] = [clock.now(), new Executions()]
  for (let second = 1; second <= minutes * 60; second++) {
    clock.advance(Math.max(0, 1_000 * second - (clock.now() - begun)))
    if (second % intervalSeconds === 0) {
      const records = topic.deliver(eventsPerSecond * intervalSeconds)
      await busy.run('bronze', instances.of('bronze'), async lake => [
        await ingestBatch(lake, stream, { records, reread: [] }, 'kafka'),
      ])
      topic.forget()
    }
    for (const { step, every, at, run } of timers)
      if (second % every === at) await busy.run(step, instances.of(step), run)
  }
  // What is left is done with first, so that the second run of each finds nothing.
  const idle = new Executions()
  for (const { step, run } of timers) await run(instances.of(step))
  for (let again = 0; again < idleRuns; again++) {
    clock.advance(60_000)
    for (const { step, run } of timers) await idle.run(step, instances.of(step), run)
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
}

const idleRuns = 5

/** A thousand events a second; the other functions take their turn every ten minutes, and are done in the end. */
async function fill(
  instances: Instances,
  clock: ManualClock,
  topic: DeliveredTopic,
  { stream }: CostLoad,
  events: number,
): Promise<void> {
  for (let delivered = 0; delivered < events; delivered += fillRows) {
    const count = Math.min(fillRows, events - delivered)
    clock.advance(count)
    const records = topic.deliver(count)
    await ingestBatch(instances.of('bronze'), stream, { records, reread: [] }, 'kafka')
    topic.forget()
    if (delivered % (6 * fillRows) !== 0 && delivered + fillRows < events) continue
    await runSilver(instances.of('silver'), 'command')
    await runGold(instances.of('gold'), 'command')
    await runMonitor(instances.of('monitor'), 'command')
    await runMaintenance(instances.of('maintenance'), 'command')
  }
}

const fillRows = 100_000

/** The lake as each function's own instance has opened it: what one has read, another has not. */
class Instances implements AsyncDisposable {
  readonly #lakes: ReadonlyMap<string, Lake>

  private constructor(lakes: ReadonlyMap<string, Lake>) {
    this.#lakes = lakes
  }

  static async open(open: () => Promise<Lake>): Promise<Instances> {
    const lakes = new Map<string, Lake>()
    for (const name of ['bronze', ...timers.map(({ step }) => step)]) lakes.set(name, await open())
    return new Instances(lakes)
  }

  of(name: string): Lake {
    const lake = this.#lakes.get(name)
    if (lake === undefined) throw new RangeError(`no instance of ${name}`)
    return lake
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lake of this.#lakes.values()) await lake.close()
  }
}
