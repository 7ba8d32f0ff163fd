import { CostLedger, type CostReport, costReport } from '../../../shared/pipeline/cost/index.js'
import type { Prices } from '../../../shared/telemetry/index.js'
import { dayMs } from '../../../shared/types/index.js'

/** What an average run takes, as it was measured. */
export interface RunProfile {
  /** Processor time, milliseconds. */
  readonly cpuMs: number
  readonly reads: number
  readonly writes: number
  readonly lists: number
  readonly deletes: number
  readonly rowsOut: number
  readonly bytesOut: number
}

/** A step that a timer starts, or, without a schedule, commits of bronze. */
export interface StepProfile {
  readonly step: string
  /** Milliseconds from one run to the next; undefined for bronze, which runs once a commit interval. */
  readonly everyMs: number | undefined
  /** A run that found something to do. */
  readonly busy: RunProfile
  /** A run that found nothing. */
  readonly idle: RunProfile
  /** Whether it finds something without a new commit of bronze. */
  readonly isAlwaysBusy?: boolean | undefined
}

/** What is not measured but assumed or chosen. */
export interface CostCase {
  readonly eventsPerSecond: number
  readonly commitIntervalMs: number
  readonly instanceMemoryMb: number
  /** Whether bronze's execution lasts until the next commit is due, as the trigger's does that keeps its interval. */
  readonly bronzeWaits: boolean
  /** One storage operation, milliseconds; they follow one another. */
  readonly operationMs: number
  /** Processor time of one storage operation that the profile has not, milliseconds. */
  readonly operationCpuMs: number
  readonly prices: Prices
}

/** One storage operation, milliseconds, as it is within a region. */
export const operationMs = 10

/** Cores that Flex Consumption gives an instance, by megabytes. */
export const coresOf: Readonly<Record<number, number>> = { 512: 0.25, 2048: 1, 4096: 2 }

const monthMs = 30 * dayMs

/**
 * Thirty days of a stream at a steady rate, priced by the function that prices `cluster_logs`: each function on an
 * instance of its own, one execution at a time. A second core shortens nothing: a run is one thread for the most part.
 * Pure.
 *
 * @throws RangeError when an instance does not get done in its time
 */
export function monthlyCost(profiles: readonly StepProfile[], one: CostCase): CostReport {
  const { prices, instanceMemoryMb, commitIntervalMs } = one
  const ledger = new CostLedger(prices.minimumExecutionMs, monthMs)
  const commits = one.eventsPerSecond === 0 ? 0 : monthMs / commitIntervalMs
  for (const profile of profiles) {
    const isBronze = profile.everyMs === undefined
    const runs = profile.everyMs === undefined ? commits : monthMs / profile.everyMs
    const busy = profile.isAlwaysBusy === true ? runs : Math.min(runs, commits)
    const ownMs = runMs(profile.busy, one)
    const everyMs = profile.everyMs ?? commitIntervalMs
    if (busy > 0 && ownMs > everyMs)
      throw new RangeError(
        `${profile.step} takes ${ownMs.toFixed(0)} ms every ${everyMs} ms on ${instanceMemoryMb} MB.`,
      )
    const waits = isBronze && one.bronzeWaits
    ledger.add(
      modelled(profile.step, 'committed', profile.busy, waits ? Math.max(ownMs, commitIntervalMs) : ownMs),
      busy,
    )
    ledger.add(modelled(profile.step, 'nothingToDo', profile.idle, runMs(profile.idle, one)), runs - busy)
  }
  return costReport(ledger, { prices, instanceMemoryBytes: instanceMemoryMb * 1024 ** 2 }, () => [])
}

/** How long a run takes on the instance: its processor time by the cores it has, then its operations. Pure. */
export function runMs(
  { cpuMs, reads, writes, lists, deletes }: RunProfile,
  { instanceMemoryMb, operationMs, operationCpuMs }: CostCase,
): number {
  const operations = reads + writes + lists + deletes
  const cores = Math.min(1, coresOf[instanceMemoryMb] ?? instanceMemoryMb / 2048)
  return (cpuMs + operations * operationCpuMs) / cores + operations * operationMs
}

function modelled(step: string, outcome: string, profile: RunProfile, durationMs: number) {
  const { reads, writes, lists, deletes, rowsOut, bytesOut } = profile
  const operations = { reads, writes, lists, deletes }
  const when = { startTime: 0, endTime: monthMs, durationMs, executionOffsetMs: undefined }
  return {
    step,
    stream: 'events',
    table: undefined,
    outcome,
    ...when,
    ...operations,
    rowsOut,
    bytesOut,
    estimatedCostUsd: 0,
  }
}
