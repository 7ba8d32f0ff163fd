import { type CostParts, totalCost } from '../../telemetry/index.js'
import type { CostConditions } from './costConditions.js'
import type { RunSums, StepSums } from './costLedger.js'

/** The part of the costs that is largest, and what makes it smaller. */
export interface Lever {
  readonly step: string
  readonly stream: string | undefined
  /** US dollars. */
  readonly cost: number
  /** 0 to 1 of all. */
  readonly share: number
  /** What it is and what can be done, in one sentence. */
  readonly sentence: string
}

interface Candidate {
  readonly step: string
  readonly stream: string | undefined
  readonly cost: number
  readonly what: string
  readonly remedy: string
}

/**
 * The largest of the parts that the costs fall into: what runs with nothing to do cost, and of the others each part of its
 * own, step by step. Undefined when nothing costs anything.
 */
export function largestLever(
  steps: readonly StepSums[],
  price: (sums: RunSums) => CostParts,
  conditions: CostConditions,
): Lever | undefined {
  const candidates = steps.flatMap(sums => candidatesOf(sums, price, conditions))
  const whole = candidates.reduce((sum, { cost }) => sum + cost, 0)
  const largest = candidates.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || one.cost > best.cost ? one : best),
    undefined,
  )
  if (largest === undefined || largest.cost <= 0) return undefined
  const { step, stream, cost, what, remedy } = largest
  const share = cost / whole
  const sentence = `The largest lever, ${percent(share)} of all, is ${what}: ${remedy}.`
  return { step, stream, cost, share, sentence }
}

/** A share as whole percent, or with a digit more below ten. */
function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

const schedules: Readonly<Record<string, string>> = {
  bronze: 'CATCH_UP_SCHEDULE',
  silver: 'SILVER_SCHEDULE',
  gold: 'GOLD_SCHEDULE',
  models: 'MODEL_SCHEDULE',
  monitor: 'MONITOR_SCHEDULE',
  maintenance: 'MAINTENANCE_SCHEDULE',
  training: 'TRAIN_SCHEDULE',
}

function candidatesOf(
  { step, stream, busy, idle }: StepSums,
  price: (sums: RunSums) => CostParts,
  { prices, instanceMemoryBytes }: CostConditions,
): readonly Candidate[] {
  const who = stream === undefined ? step : `${step} of ${stream}`
  const schedule = Object.hasOwn(schedules, step) ? schedules[step] : undefined
  const rarer = schedule === undefined ? 'run it less often' : `run it less often (${schedule})`
  const fewer =
    step === 'bronze' ? 'rarer, larger deliveries (subscriberIntervalInSeconds and maxBatchSize in host.json)' : rarer
  const parts = price(busy)
  const least = `${prices.minimumExecutionMs.toLocaleString('en-US')} ms`
  const memory = Math.round(instanceMemoryBytes / 1024 ** 2)
  const texts: Readonly<Record<keyof CostParts, readonly [string, string]>> = {
    compute: [`computing in ${who}`, `a smaller instance where it suffices (${memory} MB now), or ${fewer}`],
    minimum: [`the time up to ${least} that each shorter execution of ${who} is billed for`, fewer],
    executions: [`the number of executions of ${who}`, fewer],
    reads: [`reads of storage by ${who}`, fewer],
    writes: [`writes to storage by ${who}`, fewer],
    lists: [`listings of storage by ${who}`, fewer],
    deletes: [`deletions in storage by ${who}`, fewer],
  }
  return [
    {
      step,
      stream,
      cost: totalCost(price(idle)),
      what: `runs of ${who} that found nothing to do (${idle.runs})`,
      remedy: rarer,
    },
    ...Object.entries(texts).map(([part, [what, remedy]]) => ({
      step,
      stream,
      cost: parts[part as keyof CostParts],
      what,
      remedy,
    })),
  ]
}
