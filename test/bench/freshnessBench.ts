import { systemClock } from '../../shared/clock.js'
import { bronzePath, scoredPath, silverPath } from '../../shared/contract/index.js'
import { type CostReport, readCost } from '../../shared/pipeline/cost/index.js'
import { events } from '../harness/sampleStream/events.js'
import { BenchStack } from './benchStack.js'
import { quantile, VisibleCommits } from './visibleCommits.js'

/** How long rows of a layer took until a reader saw them, seconds. */
export interface LayerFreshness {
  readonly rate: number
  readonly layer: string
  readonly rows: number
  readonly commitsPerHour: number
  readonly kafkaP50: number
  readonly kafkaP99: number
  readonly eventP99: number
  /** Of the layer's step, by the settings' prices; undefined where the monitor has written no run of it down. */
  readonly dollarsPerHour: number | undefined
}

/** How it is measured. */
export interface FreshnessOptions {
  readonly seconds: number
  readonly warmUpSeconds: number
  /** After the last row that counts was sent, for it to reach gold. */
  readonly drainSeconds: number
  readonly store: 'disk' | 'Azurite'
}

/** As long as two runs of timers each minute take, after one. */
export const freshnessDefaults: FreshnessOptions = {
  seconds: 120,
  warmUpSeconds: 75,
  drainSeconds: 85,
  store: 'Azurite',
}

/**
 * The stack at each rate, with the app settings of the environment: how long rows take from Kafka's timestamp, and from
 * the event's own time, until a reader finds them in bronze, silver and gold. All events are sent in time, and once.
 *
 * @param rates events a second
 */
export async function* freshnessBench(
  rates: readonly number[],
  options: FreshnessOptions = freshnessDefaults,
): AsyncGenerator<LayerFreshness> {
  for (const rate of rates) yield* atRate(rate, options)
}

async function* atRate(rate: number, options: FreshnessOptions): AsyncGenerator<LayerFreshness> {
  await using stack = await BenchStack.start({ rate, late: 0, duplicates: 0, store: options.store })
  const lake = await stack.openLake()
  const layers = { bronze: bronzePath(events), silver: silverPath(events), gold: scoredPath(events) }
  const followed = Object.entries(layers).map(([layer, path]) => ({ layer, commits: new VisibleCommits(lake, path) }))
  await systemClock.sleep(options.warmUpSeconds * 1000)
  const from = Date.now()
  await systemClock.sleep(options.seconds * 1000)
  const to = Date.now()
  await systemClock.sleep(options.drainSeconds * 1000)
  await Promise.all(followed.map(({ commits }) => commits.stop()))
  const cost = await readCost(lake, from).catch(() => undefined)
  for (const { layer, commits } of followed) {
    const { rows, commits: count, fromKafka, fromEvent } = await commits.waits(events, from, to)
    const seconds = (waits: readonly number[], part: number) => (quantile(waits, part) ?? Number.NaN) / 1000
    yield {
      rate,
      layer,
      rows,
      commitsPerHour: Math.round((count * 3600) / options.seconds),
      kafkaP50: seconds(fromKafka, 0.5),
      kafkaP99: seconds(fromKafka, 0.99),
      eventP99: seconds(fromEvent, 0.99),
      dollarsPerHour: perHour(cost, layer),
    }
  }
  await lake.close()
}

function perHour(cost: CostReport | undefined, step: string): number | undefined {
  const found = cost?.steps.find(one => one.step === step && one.stream === events.name)
  if (cost?.span === undefined || found === undefined) return undefined
  return (found.total / (cost.span.to - cost.span.from)) * 3_600_000
}
