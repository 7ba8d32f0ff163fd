import type { StorageUsage } from '../storage/index.js'

/** What Azure charges, in US dollars. */
export interface Prices {
  /** One gigabyte of instance memory for one second of execution. */
  readonly perGigabyteSecond: number
  readonly perMillionExecutions: number
  /** An execution is billed for no less than this, in milliseconds. */
  readonly minimumExecutionMs: number
  readonly per10000Reads: number
  readonly per10000Writes: number
  readonly per10000Lists: number
  readonly per10000Deletes: number
}

/**
 * List prices of Functions Flex Consumption (on demand) and of hot, locally redundant block blobs with a flat namespace,
 * as of 2025 in a usual US region, before free grants. They differ by region and change: check them against
 * https://azure.microsoft.com/pricing/details/functions and …/details/storage/blobs and override what differs.
 */
export const defaultPrices: Prices = {
  perGigabyteSecond: 0.000026,
  perMillionExecutions: 0.4,
  minimumExecutionMs: 1000,
  per10000Reads: 0.005,
  per10000Writes: 0.065,
  per10000Lists: 0.065,
  per10000Deletes: 0,
}

/** The memory of a Flex Consumption instance unless configured otherwise: 2 GB. */
export const defaultInstanceMemoryBytes = 2048 * 1024 * 1024

/** Work that Azure would bill: executions of one instance and what they asked of storage. */
export interface BilledWork {
  readonly durationMs: number
  /** Flex Consumption bills what the instance has, not what is used: 512, 2048 or 4096 MB. */
  readonly instanceMemoryBytes?: number | undefined
  /** 1 when absent. */
  readonly executions?: number | undefined
  readonly storage: Pick<StorageUsage, 'reads' | 'writes' | 'lists' | 'deletes'>
}

/**
 * What this work costs on Azure in US dollars, as if its instance had done nothing else meanwhile: executions that share
 * an instance share its price. Storage capacity, network and Kafka are not in it.
 */
export function estimateCostUsd(work: BilledWork, prices: Prices = defaultPrices): number {
  const executions = work.executions ?? 1
  const seconds = Math.max(work.durationMs, prices.minimumExecutionMs * executions) / 1000
  const gigabytes = (work.instanceMemoryBytes ?? defaultInstanceMemoryBytes) / 1024 ** 3
  const { reads, writes, lists, deletes } = work.storage
  return (
    seconds * gigabytes * prices.perGigabyteSecond +
    (executions / 1e6) * prices.perMillionExecutions +
    (reads * prices.per10000Reads + writes * prices.per10000Writes) / 1e4 +
    (lists * prices.per10000Lists + deletes * prices.per10000Deletes) / 1e4
  )
}
