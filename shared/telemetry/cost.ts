import type { StorageUsage } from '../storage/index.js'
import { defaultPrices, type Prices } from './listPrices.js'

/** The memory of a Flex Consumption instance unless configured otherwise: 2 GB. */
export const defaultInstanceMemoryBytes = 2048 * 1024 * 1024

/** Work that Azure would bill: executions of one instance and what they asked of storage. */
export interface BilledWork {
  readonly durationMs: number
  /** Flex Consumption bills what the instance has, not what is used: 512, 2048 or 4096 MB. */
  readonly instanceMemoryBytes?: number | undefined
  /** 1 when absent. */
  readonly executions?: number | undefined
  /** For a part of one execution that others went before: how long it had lasted by then. The first part bears the rest. */
  readonly executionOffsetMs?: number | undefined
  readonly storage: Pick<StorageUsage, 'reads' | 'writes' | 'lists' | 'deletes'>
}

/** What work costs, by what is charged for, in US dollars. */
export interface CostParts {
  /** Instance memory for as long as executions took. */
  readonly compute: number
  /** The same for what executions are billed beyond that: each for a least time, and in whole steps of 100 ms. */
  readonly minimum: number
  readonly executions: number
  readonly reads: number
  readonly writes: number
  readonly lists: number
  readonly deletes: number
}

/** Executions as they are billed, together: what each one lacks to the least time is added up before. */
export interface BilledExecutions {
  readonly executions: number
  readonly durationMs: number
  /** Milliseconds that are billed and did not pass, see {@link billedMs}; less than none where others bear the least time. */
  readonly minimumMs: number
  readonly storage: BilledWork['storage']
}

/** Beyond the least time, Flex Consumption bills in steps of so many milliseconds. */
const billedStepMs = 100

/**
 * What one execution is billed for, in milliseconds: its time rounded up to the next 100 ms, and no less than the least
 * time. Pure.
 *
 * ```ts
 * billedMs(3, 1_000) // 1_000
 * billedMs(1_001, 1_000) // 1_100
 * ```
 */
export function billedMs(durationMs: number, minimumMs: number): number {
  return Math.max(minimumMs, Math.ceil(durationMs / billedStepMs) * billedStepMs)
}

/**
 * What a part of an execution adds to what that is billed for, milliseconds: all of it for the first part, and for one that
 * begins later nothing until the least time is over. Pure.
 *
 * @param offsetMs how long the execution had lasted when the part began; undefined for the first
 */
export function billedPartMs(durationMs: number, offsetMs: number | undefined, minimumMs: number): number {
  if (offsetMs === undefined) return billedMs(durationMs, minimumMs)
  return billedMs(offsetMs + durationMs, minimumMs) - billedMs(offsetMs, minimumMs)
}

/** What executions cost, part by part: as if each instance had done nothing else meanwhile. */
export function costParts(billed: BilledExecutions, instanceMemoryBytes: number, prices: Prices): CostParts {
  const perMs = (instanceMemoryBytes / 1024 ** 3 / 1000) * prices.perGigabyteSecond
  const { reads, writes, lists, deletes } = billed.storage
  return {
    compute: billed.durationMs * perMs,
    minimum: billed.minimumMs * perMs,
    executions: (billed.executions / 1e6) * prices.perMillionExecutions,
    reads: (reads / 1e4) * prices.per10000Reads,
    writes: (writes / 1e4) * prices.per10000Writes,
    lists: (lists / 1e4) * prices.per10000Lists,
    deletes: (deletes / 1e4) * prices.per10000Deletes,
  }
}

/** All parts together. */
export function totalCost(parts: CostParts): number {
  const { compute, minimum, executions, reads, writes, lists, deletes } = parts
  return compute + minimum + executions + reads + writes + lists + deletes
}

/**
 * What this work costs on Azure in US dollars, as if its instance had done nothing else meanwhile: executions that share
 * an instance share its price. Storage capacity, network and Kafka are not in it.
 */
export function estimateCostUsd(work: BilledWork, prices: Prices = defaultPrices): number {
  const { durationMs, storage, instanceMemoryBytes = defaultInstanceMemoryBytes } = work
  const executions = work.executionOffsetMs === undefined ? (work.executions ?? 1) : 0
  const minimumMs = billedWorkMs(work, executions, prices.minimumExecutionMs) - durationMs
  return totalCost(costParts({ executions, durationMs, minimumMs, storage }, instanceMemoryBytes, prices))
}

function billedWorkMs({ durationMs, executionOffsetMs }: BilledWork, executions: number, minimumMs: number): number {
  if (executionOffsetMs !== undefined) return billedPartMs(durationMs, executionOffsetMs, minimumMs)
  return executions === 0 ? durationMs : executions * billedMs(durationMs / executions, minimumMs)
}
