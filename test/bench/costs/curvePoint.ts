import type { CostReport } from '../../../shared/pipeline/cost/index.js'
import { defaultPrices } from '../../../shared/telemetry/index.js'
import { type CostCase, monthlyCost, operationMs } from './costModel.js'
import type { MeasuredCase } from './costProfiles.js'

/** A rate and a commit interval, as they were measured. */
export interface CurvePoint {
  readonly eventsPerSecond: number
  readonly intervalSeconds: number
  readonly measured: MeasuredCase
}

/** A month of it on instances of that size. @throws RangeError as {@link monthlyCost} */
export function atSize(
  { eventsPerSecond, intervalSeconds, measured }: CurvePoint,
  instanceMemoryMb: number,
  operationCpuMs: number,
  bronzeWaits = false,
): CostReport {
  const one: CostCase = {
    eventsPerSecond,
    commitIntervalMs: intervalSeconds * 1_000,
    instanceMemoryMb,
    bronzeWaits,
    operationMs,
    operationCpuMs,
    prices: defaultPrices,
  }
  return monthlyCost(measured.profiles, one)
}
