import type { PhysicalValues } from './physicalValues.js'

/** Both inclusive; bigint for 64-bit integers, number for the rest, never NaN. */
export interface Bounds {
  readonly min: number | bigint
  readonly max: number | bigint
}

/**
 * Least and greatest value of a column of numbers, as the footer holds them; nothing for other columns, for none, and
 * where a NaN would make them meaningless. `doubles` are the same 64-bit numbers, when they fit.
 */
export function boundsOf(physical: PhysicalValues, doubles?: Float64Array): Bounds | undefined {
  if (physical.values.length === 0) return undefined
  switch (physical.kind) {
    case 'int32':
      return range(physical.values)
    case 'int64': {
      if (doubles === undefined) return bigRange(physical.values)
      const found = range(doubles)
      return found === undefined ? undefined : { min: BigInt(found.min), max: BigInt(found.max) }
    }
    case 'float':
    case 'double': {
      const found = range(physical.values)
      if (found === undefined) return undefined
      // Zeros of either sign must lie between the bounds.
      return { min: found.min === 0 ? -0 : found.min, max: found.max === 0 ? 0 : found.max }
    }
    default:
      return undefined
  }
}

function range(values: Int32Array | Float32Array | Float64Array): { min: number; max: number } | undefined {
  let min = values[0] as number
  let max = min
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < min) min = value
    else if (value > max) max = value
    else if (value !== value) return undefined
  }
  return Number.isNaN(min) ? undefined : { min, max }
}

function bigRange(values: BigInt64Array): Bounds {
  let min = values[0] as bigint
  let max = min
  for (const value of values) {
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { min, max }
}
