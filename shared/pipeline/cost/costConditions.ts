import type { Prices } from '../../telemetry/index.js'

/** By what prices, of how large an instance. */
export interface CostConditions {
  readonly prices: Prices
  readonly instanceMemoryBytes: number
}
