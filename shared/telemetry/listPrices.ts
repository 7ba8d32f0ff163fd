/** What Azure charges, in US dollars. */
export interface Prices {
  /** When it charged that: a year or a day, as it is shown beside each estimate. */
  readonly asOf: string
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
  asOf: '2025',
  perGigabyteSecond: 0.000026,
  perMillionExecutions: 0.4,
  minimumExecutionMs: 1000,
  per10000Reads: 0.005,
  per10000Writes: 0.065,
  per10000Lists: 0.065,
  per10000Deletes: 0,
}
